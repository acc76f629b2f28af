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
    @inline(__always)
    package func hasKey(_ key: String, in bytes: RawSpan) -> Bool {
        JSONKey(range: keyRange, hasEscapes: keyHasEscapes).equals(key, in: bytes)
    }
}

/// A key of an object, as the document spells it.
package struct JSONKey: Sendable {
    /// The key's bytes, quotes included.
    let range: Range<Int>
    /// Whether it is spelled with escapes, so that its bytes are not its text.
    let hasEscapes: Bool

    /// Whether the key is this text; the length tells nearly all that are not.
    @inline(__always)
    func equals(_ key: String, in bytes: RawSpan) -> Bool {
        (hasEscapes || range.count - 2 == key.utf8.count) && isText(key, in: bytes)
    }

    private func isText(_ key: String, in bytes: RawSpan) -> Bool {
        guard hasEscapes else { return bytes.equals(key, in: range.lowerBound + 1..<range.upperBound - 1) }
        // By bytes, because `String` compares canonically equivalent texts as equal.
        return JSONString.decode(range, in: bytes).utf8.elementsEqual(key.utf8)
    }
}
