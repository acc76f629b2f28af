/// A single-pass scanner that checks JSON by RFC 8259 without building anything.
///
/// It is the hot path of the gateway: bodies are forwarded, not decoded and encoded. Checked are the grammar, UTF-8
/// (no overlong forms, no encoded surrogates), escapes and nesting. Escapes of a lone surrogate are allowed, because
/// the grammar allows them and clients send them. A byte order mark is refused.
///
/// The scanner holds a position, not the bytes; hand every call the same bytes. ``JSONMembers`` and ``JSONElements``
/// walk an object or an array with it.
package struct JSONScanner: Sendable {
    /// How deep arrays and objects may nest by default.
    package static let defaultDepthLimit = 512

    /// The offset of the next byte.
    package internal(set) var position: Int
    /// How deep arrays and objects may nest.
    package let depthLimit: Int

    package init(at position: Int = 0, depthLimit: Int = Self.defaultDepthLimit) {
        self.position = position
        self.depthLimit = depthLimit
    }

    /// Checks a whole document and returns its top-level value.
    @discardableResult
    package static func validate(
        _ bytes: RawSpan, depthLimit: Int = Self.defaultDepthLimit
    ) throws(JSONScanError) -> JSONToken {
        var scanner = JSONScanner(depthLimit: depthLimit)
        try scanner.skipDocumentStart(in: bytes)
        let token = try scanner.scanValue(in: bytes)
        try scanner.skipDocumentEnd(in: bytes)
        return token
    }

    /// Skips what may stand before a document: white space.
    mutating func skipDocumentStart(in bytes: RawSpan) throws(JSONScanError) {
        if position == 0, bytes.byteCount >= 3, bytes.byte(at: 0) == 0xEF, bytes.byte(at: 1) == 0xBB,
            bytes.byte(at: 2) == 0xBF
        {
            throw JSONScanError(.byteOrderMark, at: 0, in: bytes)
        }
        skipWhitespace(in: bytes)
    }

    /// Checks that only white space follows.
    mutating func skipDocumentEnd(in bytes: RawSpan) throws(JSONScanError) {
        skipWhitespace(in: bytes)
        guard position == bytes.byteCount else { throw JSONScanError(.trailingContent, at: position, in: bytes) }
    }

    /// Checks the value at the position and moves behind it.
    ///
    /// - Parameter depth: How many containers already surround the value.
    mutating func scanValue(in bytes: RawSpan, depth: Int = 0) throws(JSONScanError) -> JSONToken {
        let start = position
        let kind = try kindOfValue(in: bytes)
        switch kind {
        case .object, .array: try skipContainer(in: bytes, depth: depth)
        default: try skipScalar(kind, in: bytes)
        }
        return JSONToken(kind: kind, range: start..<position)
    }

    /// Refuses a container that stands at the position and nests too deeply.
    func checkDepth(_ depth: Int, in bytes: RawSpan) throws(JSONScanError) {
        guard depth < depthLimit else { throw JSONScanError(.tooDeep(limit: depthLimit), at: position, in: bytes) }
    }

    /// Moves behind an array or object, without recursion: the depth of a document must not be the depth of the stack.
    private mutating func skipContainer(in bytes: RawSpan, depth: Int) throws(JSONScanError) {
        var nesting = JSONNesting()
        values: while true {
            let kind = try kindOfValue(in: bytes)
            if kind == .object || kind == .array {
                try checkDepth(depth + nesting.depth, in: bytes)
                nesting.push(isObject: kind == .object)
                position += 1
                skipWhitespace(in: bytes)
                if peek(in: bytes) != (kind == .object ? .closeBrace : .closeBracket) {
                    if kind == .object { try skipKey(in: bytes) }
                    continue values
                }
                position += 1
                nesting.pop()
            } else {
                try skipScalar(kind, in: bytes)
            }
            while nesting.depth > 0 {
                skipWhitespace(in: bytes)
                let next = peek(in: bytes)
                if next == .comma {
                    position += 1
                    skipWhitespace(in: bytes)
                    if nesting.isInsideObject { try skipKey(in: bytes) }
                    continue values
                }
                guard next == (nesting.isInsideObject ? .closeBrace : .closeBracket) else {
                    throw unexpected(nesting.isInsideObject ? "a comma or }" : "a comma or ]", in: bytes)
                }
                position += 1
                nesting.pop()
            }
            return
        }
    }

    /// Moves behind a key, its colon, and the white space after it.
    @discardableResult
    mutating func skipKey(in bytes: RawSpan) throws(JSONScanError) -> JSONKey {
        guard peek(in: bytes) == .quote else { throw unexpected("a key in quotes", in: bytes) }
        let start = position
        let hasEscapes = try skipString(in: bytes)
        let range = start..<position
        skipWhitespace(in: bytes)
        guard peek(in: bytes) == .colon else { throw unexpected("a colon", in: bytes) }
        position += 1
        skipWhitespace(in: bytes)
        return JSONKey(range: range, hasEscapes: hasEscapes)
    }
}
