/// Names of models: one, or a pattern in which `*` stands for any characters, none included.
package struct ModelPattern: Sendable, Hashable {
    /// Every model.
    package static let any = ModelPattern(valid: "*")

    /// The pattern as it is written.
    package let text: String
    /// What stands between the asterisks.
    private let parts: [[UInt8]]

    /// Reads a pattern; nil for a text that no model's name can be.
    package init?(_ text: String) {
        guard !text.isEmpty, text.unicodeScalars.count <= 256, !Printable.hasControlCharacters(text) else { return nil }
        self.init(valid: text)
    }

    private init(valid text: String) {
        self.text = text
        parts = text.utf8.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false).map { Array($0) }
    }

    /// Whether a name is one of those that the pattern stands for; in a time that is linear in its length for each
    /// asterisk.
    package func matches(_ name: String) -> Bool {
        guard let first = parts.first, let last = parts.last, parts.count > 1 else { return name == text }
        if parts.count == 2, first.isEmpty, last.isEmpty { return true }
        let bytes = Array(name.utf8)
        guard bytes.count >= first.count + last.count, bytes.starts(with: first), bytes.suffix(last.count) == last[...]
        else { return false }
        // The leftmost place for each part leaves most room for the following ones.
        var rest = bytes[first.count..<(bytes.count - last.count)]
        for part in parts.dropFirst().dropLast() where !part.isEmpty {
            guard let start = rest.indices.first(where: { rest[$0...].starts(with: part) }) else { return false }
            rest = rest[(start + part.count)...]
        }
        return true
    }

    package static func == (one: ModelPattern, other: ModelPattern) -> Bool { one.text == other.text }

    package func hash(into hasher: inout Hasher) { hasher.combine(text) }
}
