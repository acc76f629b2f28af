import SageResilience

/// Durations as providers write them: `1h2m3.5s`, `20ms`, `46s`, `2 minutes`, and bare decimal numbers.
///
/// Everything saturates at the longest time that a policy can express (292 years); no text can make it trap.
package enum ProviderDuration {
    private static let nanosecond: Int64 = 1
    private static let microsecond: Int64 = 1_000
    private static let millisecond: Int64 = 1_000_000
    private static let second: Int64 = 1_000_000_000
    private static let minute: Int64 = 60_000_000_000
    private static let hour: Int64 = 3_600_000_000_000
    private static let day: Int64 = 86_400_000_000_000

    /// Parses a duration that is the whole text, in the notation of Go's `time.Duration` (and of Protobuf's JSON).
    ///
    /// - Returns: Nil when any part of the text is something else, for example a sign or a number without a unit.
    package static func parse(_ text: String) -> Duration? {
        let bytes = Array(text.utf8)
        if bytes == [0x30] { return .zero }
        var position = 0
        guard let nanoseconds = scan(bytes, from: &position, spaced: false), position == bytes.count else { return nil }
        return .nanoseconds(nanoseconds)
    }

    /// Parses a duration at the start of running text, with spaces between numbers and units.
    ///
    /// - Parameters:
    ///   - bytes: Lower-case UTF-8.
    ///   - start: Where the number begins.
    static func parsePrefix(of bytes: [UInt8], at start: Int) -> Duration? {
        var position = start
        return scan(bytes, from: &position, spaced: true).map { .nanoseconds($0) }
    }

    /// Parses a whole text that is a decimal number without sign or exponent.
    ///
    /// - Parameter unit: The length of one, in nanoseconds.
    static func parseNumber(_ text: Substring, unit: Int64) -> Duration? {
        ScannedDecimal(text).map { .nanoseconds($0.times(unit)) }
    }

    private static func scan(_ bytes: [UInt8], from position: inout Int, spaced: Bool) -> Int64? {
        var total: Int64?
        var next = position
        while let number = ScannedDecimal(bytes, from: &next) {
            if spaced { skipSpaces(bytes, &next) }
            guard let unit = unit(bytes, from: &next) else { break }
            let (sum, overflow) = (total ?? 0).addingReportingOverflow(number.times(unit))
            total = overflow ? .max : sum
            position = next
            if spaced { skipSpaces(bytes, &next) }
        }
        return total
    }

    private static func skipSpaces(_ bytes: [UInt8], _ position: inout Int) {
        while position < bytes.count, bytes[position] == 0x20 { position += 1 }
    }

    private static func unit(_ bytes: [UInt8], from position: inout Int) -> Int64? {
        var end = position
        // The micro sign is the only part of a unit outside ASCII.
        while end < bytes.count, ErrorText.isLetter(bytes[end]) || bytes[end] >= 0x80 { end += 1 }
        let name = String(decoding: bytes[position..<end], as: UTF8.self)
        position = end
        return switch name {
        case "ns": nanosecond
        case "us", "\u{B5}s", "\u{3BC}s": microsecond
        case "ms", "msec", "millisecond", "milliseconds": millisecond
        case "s", "sec", "secs", "second", "seconds": second
        case "m", "min", "mins", "minute", "minutes": minute
        case "h", "hr", "hrs", "hour", "hours": hour
        case "d", "day", "days": day
        default: nil
        }
    }
}
