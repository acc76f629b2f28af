/// A value of a Prometheus configuration that is out of range, found when the configuration was used.
public struct PrometheusConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The field's name as it is written in code, for example `maxFamilies`.
    public let field: String
    /// The value that was refused, as text.
    public let value: String
    /// What is allowed, for example `1 or more`.
    public let allowed: String

    init(field: String, value: some CustomStringConvertible, allowed: String) {
        self.field = field
        self.value = value.description
        self.allowed = allowed
    }

    /// The error as a sentence.
    public var description: String { "\(field) is \(value); allowed is \(allowed)" }
}
