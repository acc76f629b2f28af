/// A text that must not be seen: every way of printing, reflecting or encoding it gives `[redacted]`.
///
/// Equality compares the texts themselves, so that a reload can tell that a key has changed.
package struct Secret: Sendable, Hashable {
    /// What stands in the place of the text wherever a secret is printed.
    package static let placeholder = "[redacted]"

    private let text: String

    /// Wraps a text.
    ///
    /// - Parameter text: The text to keep from view.
    package init(_ text: String) { self.text = text }

    /// Hands out the text, for the one place that sends it or compares it.
    ///
    /// - Returns: The text in clear; never put it into a message.
    package func reveal() -> String { text }

    /// Compares with a text that somebody presented, in a time that depends only on the lengths.
    ///
    /// - Parameter candidate: The text that was presented.
    /// - Returns: Whether the two are the same bytes.
    package func matches(_ candidate: String) -> Bool {
        let expected = Array(text.utf8)
        let presented = Array(candidate.utf8)
        var difference: UInt8 = expected.count == presented.count ? 0 : 1
        for index in presented.indices {
            difference |= presented[index] ^ (index < expected.count ? expected[index] : 0)
        }
        return difference == 0
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { Self.placeholder }
    package var debugDescription: String { Self.placeholder }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension Secret: Encodable {
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(Self.placeholder)
    }
}
