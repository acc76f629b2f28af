/// A JSON value as a tree that keeps the order of members and the digits of numbers.
package enum JSONNode: Sendable {
    case null
    case bool(Bool)
    /// The number as it was written.
    case number(String)
    case string(String)
    case array([JSONNode])
    /// The members in order, each name once.
    case object([JSONField])
}

/// A member of an object.
package struct JSONField: Sendable {
    package var key: String
    package var value: JSONNode

    package init(_ key: String, _ value: JSONNode) {
        self.key = key
        self.value = value
    }
}

extension JSONNode {
    /// The kind with its article, for messages.
    package var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }

    package var stringValue: String? { if case .string(let value) = self { value } else { nil } }
    package var boolValue: Bool? { if case .bool(let value) = self { value } else { nil } }
    package var arrayValue: [JSONNode]? { if case .array(let value) = self { value } else { nil } }
    package var objectValue: [JSONField]? { if case .object(let value) = self { value } else { nil } }
    package var isNull: Bool { if case .null = self { true } else { false } }

    /// The number if it is a whole one of 64 bits, `5` and `5.0` alike.
    package var integerValue: Int64? {
        guard case .number(let text) = self else { return nil }
        return Int64(text) ?? Double(text).flatMap { Int64(exactly: $0) }
    }

    package var doubleValue: Double? {
        guard case .number(let text) = self else { return nil }
        return Double(text)
    }

    /// The member of an object; nil if there is none or this is no object.
    package subscript(key: String) -> JSONNode? {
        guard case .object(let fields) = self else { return nil }
        return fields.first { $0.key.hasSameBytes(as: key) }?.value
    }

    package static func integer(_ value: Int64) -> JSONNode { .number(String(value)) }

    /// Whether both are the same JSON value: the order of members does not count, the digits of numbers do.
    package func isSameValue(as other: JSONNode) -> Bool {
        switch (self, other) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.number(let left), .number(let right)): left.hasSameBytes(as: right)
        case (.string(let left), .string(let right)): left.hasSameBytes(as: right)
        case (.array(let left), .array(let right)):
            left.count == right.count && zip(left, right).allSatisfy { $0.isSameValue(as: $1) }
        case (.object(let left), .object(let right)):
            left.count == right.count && Self.haveSameMembers(left, right)
        default: false
        }
    }

    private static func haveSameMembers(_ left: [JSONField], _ right: [JSONField]) -> Bool {
        if zip(left, right).allSatisfy({ $0.key.hasSameBytes(as: $1.key) && $0.value.isSameValue(as: $1.value) }) {
            return true
        }
        let byKey = Dictionary(right.map { (ExactText($0.key), $0.value) }, uniquingKeysWith: { $1 })
        return left.allSatisfy { field in byKey[ExactText(field.key)]?.isSameValue(as: field.value) ?? false }
    }
}
