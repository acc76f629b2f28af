public import SageResilience

/// A call that a ``MemoryStore`` cannot carry out as it was made.
@nonexhaustive
public enum MemoryError: ClassifiedError, Sendable, Hashable, CustomStringConvertible {
    /// A value is not allowed.
    ///
    /// - Parameters:
    ///   - field: The parameter's name.
    ///   - value: What it is, shortened; never the text of a memory.
    ///   - allowed: What is allowed.
    case invalid(field: String, value: String, allowed: String)

    /// The error as a sentence.
    public var description: String {
        switch self {
        case .invalid(let field, let value, let allowed): "\(field) is \(value); allowed is \(allowed)"
        }
    }

    /// The caller's mistake.
    public var classification: ErrorClassification { ErrorClassification(.permanent, fault: .caller) }
}
