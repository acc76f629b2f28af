/// A JSON number that neither an integer of 64 bits nor a `Double` can hold, kept as text.
public struct JSONDecimal: Sendable, Hashable, CustomStringConvertible {
    /// The number as it is written in JSON.
    public let text: String

    init(validated text: String) {
        self.text = text
    }

    /// Creates a number from its text, or nil if the text is not one JSON number.
    public init?(_ text: String) {
        let bytes = [UInt8](text.utf8)
        guard let token = try? JSONScanner.validate(bytes.span.bytes), token.kind == .number,
            token.range.count == bytes.count
        else { return nil }
        self.text = text
    }

    /// The nearest `Double`; infinite if the number is out of range.
    public var approximation: Double { Double(text) ?? .nan }

    /// The text for people.
    public var description: String { text }
}
