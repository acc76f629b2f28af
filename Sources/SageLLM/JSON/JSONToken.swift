/// A value of a document: what it is and where it stands.
package struct JSONToken: Sendable, Hashable {
    /// The value's kind.
    package let kind: JSONKind
    /// The value's bytes, a string's quotes included, counted from the start of the scanned bytes.
    package let range: Range<Int>
}

/// A member of an object.
package struct JSONMember: Sendable, Hashable {
    /// The key's bytes, quotes included.
    package let keyRange: Range<Int>
    /// The member's value.
    package let value: JSONToken
    /// Whether the key is spelled with escapes, so that its bytes are not its text.
    let keyHasEscapes: Bool

    /// Whether the key is this text, however the document spells it (`"mod\u0065l"` is `model`).
    package func hasKey(_ key: String, in bytes: RawSpan) -> Bool {
        guard keyHasEscapes else {
            return bytes.equals(key, in: keyRange.lowerBound + 1..<keyRange.upperBound - 1)
        }
        // By bytes, because `String` compares canonically equivalent texts as equal.
        return JSONString.decode(keyRange, in: bytes).utf8.elementsEqual(key.utf8)
    }
}
