/// A reply of a Redis server.
public enum RedisValue: Sendable, Hashable {
    /// Nothing, for example the value of a key that does not exist.
    case null
    /// A whole number.
    case integer(Int64)
    /// A short text, for example `OK`.
    case status(String)
    /// Bytes.
    case bytes([UInt8])
    /// Several replies.
    case array([RedisValue])
    /// An error, as the server worded it: a first word in capitals and an explanation. Only in the replies of a pipeline
    /// and within arrays; otherwise an error is thrown.
    case error(String)
}

extension RedisValue {
    /// The whole number, also one that is written as text; nil for every other value.
    public var integer: Int64? {
        switch self {
        case .integer(let value): value
        case .bytes, .status: text.flatMap { Int64($0) }
        case .null, .array, .error: nil
        }
    }
    /// The bytes or the status as text; nil for every other value and for what is no valid UTF-8.
    public var text: String? {
        switch self {
        case .status(let text): text
        case .bytes(let bytes): String(validating: bytes, as: UTF8.self)
        case .null, .integer, .array, .error: nil
        }
    }
    /// The bytes; nil for every other value.
    public var bytes: [UInt8]? { if case .bytes(let value) = self { value } else { nil } }
    /// The replies; nil for every other value.
    public var array: [RedisValue]? { if case .array(let value) = self { value } else { nil } }
    /// The error; nil for every other value.
    public var error: String? { if case .error(let value) = self { value } else { nil } }
    /// Whether there is nothing.
    public var isNull: Bool { self == .null }
}
