import SageGateway
import SageResilience

/// Reads the values of options, and tells what is allowed when one is not.
enum OptionValue {
    /// Why a value was refused; follows the option's name and the value in the message.
    struct Refusal: Error, CustomStringConvertible {
        let allowed: String
        var description: String { "allowed is \(allowed)" }
    }

    /// A whole number.
    static func integer(_ range: ClosedRange<Int>) -> @Sendable (String) throws -> Int {
        { text in
            guard let number = Int(text), range.contains(number) else {
                throw Refusal(allowed: "\(range.lowerBound) to \(range.upperBound)")
            }
            return number
        }
    }

    /// A port to listen on.
    static let port = integer(0...65_535)

    /// The seed of a random number generator.
    static let seed: @Sendable (String) throws -> UInt64 = { text in
        guard let seed = UInt64(text) else { throw Refusal(allowed: "0 to \(UInt64.max)") }
        return seed
    }

    /// A number that need not be whole.
    static func number(_ range: ClosedRange<Double>) -> @Sendable (String) throws -> Double {
        { text in
            guard let number = Double(text), range.contains(number) else {
                throw Refusal(allowed: "\(range.lowerBound.short) to \(range.upperBound.short)")
            }
            return number
        }
    }

    /// A duration as it is written in the configuration file.
    static func duration(_ range: ClosedRange<Duration>) -> @Sendable (String) throws -> TimeSpan {
        { text in
            guard let duration = DurationText.parse(text), range.contains(duration) else {
                throw Refusal(
                    allowed: "\(range.lowerBound.readable) to \(range.upperBound.readable), "
                        + "for example 1.5s, 500ms or 2m")
            }
            return TimeSpan(duration)
        }
    }
}

/// A duration that shows itself as it is written in the configuration file.
struct TimeSpan: Sendable, Hashable, CustomStringConvertible {
    let duration: Duration

    init(_ duration: Duration) {
        self.duration = duration
    }

    var description: String { DurationText.render(duration) }
}

extension Double {
    /// The number without a fraction where it has none.
    var short: String { Int(exactly: self).map(String.init) ?? description }
}
