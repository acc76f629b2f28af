/// A configuration value that is out of range, found when the configuration was built.
public struct ConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The field's name as it is written in code, for example `maxAttempts`.
    public let field: String
    /// The value that was refused, as text.
    public let value: String
    /// What is allowed, for example `1 or more`.
    public let allowed: String

    /// Creates an error about one field.
    ///
    /// - Parameters:
    ///   - field: The field's name as it is written in code.
    ///   - value: The value that was refused.
    ///   - allowed: What is allowed, as the end of the sentence "allowed is ...".
    public init(field: String, value: some CustomStringConvertible, allowed: String) {
        self.field = field
        self.value = value.description
        self.allowed = allowed
    }

    /// The error as a sentence.
    public var description: String { "\(field) is \(value); allowed is \(allowed)" }
}

/// The range checks that configurations share.
enum Validation {
    static func count(_ field: String, _ value: Int, in range: ClosedRange<Int>) throws(ConfigurationError) {
        guard range.contains(value) else {
            let allowed =
                range.upperBound == .max
                ? "\(range.lowerBound) or more" : "\(range.lowerBound) to \(range.upperBound)"
            throw ConfigurationError(field: field, value: value, allowed: allowed)
        }
    }

    static func ratio(
        _ field: String, _ value: Double, in range: ClosedRange<Double> = 0...1
    ) throws(ConfigurationError) {
        guard range.contains(value) else {
            throw ConfigurationError(
                field: field, value: value, allowed: "\(range.lowerBound) to \(range.upperBound)")
        }
    }

    /// A share of something that must not be nothing.
    static func share(_ field: String, _ value: Double) throws(ConfigurationError) {
        guard value > 0, value <= 1 else {
            throw ConfigurationError(field: field, value: value, allowed: "above 0, up to 1")
        }
    }

    static func atLeast(_ field: String, _ value: Double, _ minimum: Double) throws(ConfigurationError) {
        guard value.isFinite, value >= minimum else {
            throw ConfigurationError(field: field, value: value, allowed: "a finite number, \(minimum) or more")
        }
    }

    static func positive(_ field: String, _ value: Duration) throws(ConfigurationError) {
        guard value.saturatingNanoseconds > 0 else {
            throw ConfigurationError(field: field, value: value, allowed: "1 ns or more")
        }
    }

    static func notNegative(_ field: String, _ value: Duration) throws(ConfigurationError) {
        guard value >= .zero else {
            throw ConfigurationError(field: field, value: value, allowed: "0 or more")
        }
    }
}
