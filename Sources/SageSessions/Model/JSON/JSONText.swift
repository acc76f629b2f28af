/// One JSON value as text: valid, compact, with the order of its members and the digits of its numbers as they were.
///
/// Of several members with one name the last one is kept, at the place of the first, as most readers of JSON do. Broken
/// UTF-8 and lone surrogates become U+FFFD.
public struct JSONText: Sendable, CustomStringConvertible {
    /// The text.
    public let text: String

    /// The JSON value `null`.
    public static let null = JSONText(.null)
    /// An object without members.
    public static let emptyObject = JSONText(.object([]))

    /// Checks a text.
    ///
    /// - Parameters:
    ///   - text: One JSON value.
    ///   - limits: How large and how deep it may be.
    /// - Throws: ``JSONTextError``, which says where.
    public init(_ text: String, limits: JSONLimits = JSONLimits()) throws(JSONTextError) {
        self.init(try JSONNode(parsing: [UInt8](text.utf8), limits: limits))
    }

    /// Checks the bytes of a text.
    ///
    /// - Parameters:
    ///   - bytes: One JSON value in UTF-8.
    ///   - limits: How large and how deep it may be.
    /// - Throws: ``JSONTextError``, which says where.
    public init(bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONTextError) {
        self.init(try JSONNode(parsing: bytes, limits: limits))
    }

    package init(_ node: JSONNode) {
        text = node.description
    }

    /// The value as a tree.
    package var node: JSONNode {
        // The text was checked or written by this module; what it had to satisfy once it satisfies still.
        (try? JSONNode(parsing: [UInt8](text.utf8), limits: JSONLimits(maximumBytes: .max, maximumDepth: 512))) ?? .null
    }

    /// The text.
    public var description: String { text }
}

extension JSONText: Hashable {
    /// Whether both are the same, byte for byte.
    public static func == (left: JSONText, right: JSONText) -> Bool { left.text.hasSameBytes(as: right.text) }

    /// Feeds what `==` compares to a hasher.
    public func hash(into hasher: inout Hasher) { hasher.combine(ExactText(text)) }
}
