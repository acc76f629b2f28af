/// A value that a database stores or takes as a parameter.
///
/// What both databases have in common: times, JSON, vectors and the like go as text or bytes.
public enum SQLValue: Sendable, Hashable {
    /// No value.
    case null
    /// A whole number; PostgreSQL's `bigint`, `integer` and `boolean` (0 or 1).
    case integer(Int64)
    /// A number in double precision.
    case real(Double)
    /// Text without NUL, which PostgreSQL does not store.
    case text(String)
    /// Bytes; PostgreSQL's `bytea`.
    case blob([UInt8])
}

extension SQLValue: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral, ExpressibleByNilLiteral {
    /// Creates a whole number.
    public init(integerLiteral value: Int64) { self = .integer(value) }
    /// Creates text.
    public init(stringLiteral value: String) { self = .text(value) }
    /// Creates no value.
    public init(nilLiteral: ()) { self = .null }
}

extension SQLValue {
    /// The whole number; nil for every other value.
    public var integer: Int64? { if case .integer(let value) = self { value } else { nil } }
    /// The number, whole ones included; nil for every other value.
    public var real: Double? {
        switch self {
        case .real(let value): value
        case .integer(let value): Double(value)
        case .null, .text, .blob: nil
        }
    }
    /// The text; nil for every other value.
    public var text: String? { if case .text(let value) = self { value } else { nil } }
    /// The bytes; nil for every other value.
    public var blob: [UInt8]? { if case .blob(let value) = self { value } else { nil } }
    /// Whether there is no value.
    public var isNull: Bool { self == .null }

    /// A whole number or, for nil, no value.
    public static func optional(_ value: Int64?) -> SQLValue { value.map(SQLValue.integer) ?? .null }
    /// Text or, for nil, no value.
    public static func optional(_ value: String?) -> SQLValue { value.map(SQLValue.text) ?? .null }
    /// Bytes or, for nil, no value.
    public static func optional(_ value: [UInt8]?) -> SQLValue { value.map(SQLValue.blob) ?? .null }
}
