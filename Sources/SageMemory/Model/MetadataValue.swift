import FoundationEssentials

/// A value that somebody keeps with a memory: what JSON has.
public enum MetadataValue: Sendable, Hashable {
    /// No value.
    case null
    /// True or false.
    case bool(Bool)
    /// A whole number.
    case integer(Int64)
    /// Another number; finite.
    case number(Double)
    /// Text.
    case string(String)
    /// Several values.
    case array([MetadataValue])
    /// Values by name.
    case object([String: MetadataValue])
}

extension MetadataValue: Codable {
    /// Reads any JSON value; a number without a fraction that fits becomes an integer.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([MetadataValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: MetadataValue].self))
        }
    }

    /// Writes the value as JSON.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .array(let values): try container.encode(values)
        case .object(let values): try container.encode(values)
        }
    }
}

extension MetadataValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByNilLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// Creates text.
    public init(stringLiteral value: String) { self = .string(value) }
    /// Creates a whole number.
    public init(integerLiteral value: Int64) { self = .integer(value) }
    /// Creates a number.
    public init(floatLiteral value: Double) { self = .number(value) }
    /// Creates true or false.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// Creates no value.
    public init(nilLiteral: ()) { self = .null }
    /// Creates several values.
    public init(arrayLiteral elements: MetadataValue...) { self = .array(elements) }
    /// Creates values by name; of two with the same name the later counts.
    public init(dictionaryLiteral elements: (String, MetadataValue)...) {
        self = .object(Dictionary(elements) { _, later in later })
    }
}

extension MetadataValue {
    /// The text; nil for every other value.
    public var string: String? { if case .string(let value) = self { value } else { nil } }
    /// The whole number; nil for every other value.
    public var integer: Int64? { if case .integer(let value) = self { value } else { nil } }
    /// The number, whole ones included; nil for every other value.
    public var number: Double? {
        switch self {
        case .number(let value): value
        case .integer(let value): Double(value)
        default: nil
        }
    }

    /// The value without NUL in its texts and names, which PostgreSQL does not store, and with whole numbers as such,
    /// so that equal values have equal JSON.
    var cleaned: MetadataValue {
        switch self {
        case .string(let value): .string(value.withoutNUL)
        case .number(let value): Int64(exactly: value).map(MetadataValue.integer) ?? self
        case .array(let values): .array(values.map(\.cleaned))
        case .object(let values): .object(values.cleaned)
        case .null, .bool, .integer: self
        }
    }

    /// Whether all numbers in it are finite.
    var isFinite: Bool {
        switch self {
        case .number(let value): value.isFinite
        case .array(let values): values.allSatisfy(\.isFinite)
        case .object(let values): values.values.allSatisfy(\.isFinite)
        case .null, .bool, .integer, .string: true
        }
    }

    /// The value as JSON with sorted names.
    var json: String {
        get throws { try JSONText.encode(self) }
    }
}

extension [String: MetadataValue] {
    /// All values cleaned; of two names that become the same the one that was so before counts.
    var cleaned: [String: MetadataValue] {
        var result: [String: MetadataValue] = [:]
        for (name, value) in self {
            let clean = name.withoutNUL
            if clean == name || result[clean] == nil { result[clean] = value.cleaned }
        }
        return result
    }
}

/// JSON that is the same for equal values.
enum JSONText {
    static func encode(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// The values of stored metadata; none for a text that is not what this module stored.
    static func decodeMetadata(_ text: String) -> [String: MetadataValue] {
        (try? JSONDecoder().decode([String: MetadataValue].self, from: Data(text.utf8))) ?? [:]
    }
}

extension String {
    /// The text without NUL characters.
    var withoutNUL: String {
        guard utf8.contains(0) else { return self }
        return String(decoding: utf8.filter { $0 != 0 }, as: UTF8.self)
    }
}
