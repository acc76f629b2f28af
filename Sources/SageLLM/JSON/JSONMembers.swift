/// Walks the members of an object; each call checks one member.
///
///     var members = try JSONMembers(document: bytes)
///     while let member = try members.next(in: bytes) { ... }
package struct JSONMembers: Sendable {
    private var scanner: JSONScanner
    private let depth: Int
    private let isDocument: Bool
    private var state = State.first

    private enum State { case first, more, ended }

    /// The offset of the opening brace.
    let start: Int
    /// The end of the last member that was read, or just behind the opening brace.
    private(set) var lastMemberEnd: Int
    /// The object's bytes; up to where it was read, until the last call has returned nil.
    private(set) var range: Range<Int>

    /// Starts at the object that is the whole document; the last call checks that nothing follows.
    package init(document bytes: RawSpan, depthLimit: Int = JSONScanner.defaultDepthLimit) throws(JSONScanError) {
        var scanner = JSONScanner(depthLimit: depthLimit)
        try scanner.skipDocumentStart(in: bytes)
        let kind = try scanner.kindOfValue(in: bytes)
        guard kind == .object else {
            throw JSONScanError(.notAnObject(found: kind), at: scanner.position, in: bytes)
        }
        self.init(at: scanner.position, depthLimit: depthLimit, isDocument: true)
    }

    /// Starts at an object inside a document, whose opening brace stands at an offset.
    package init(at offset: Int, depthLimit: Int = JSONScanner.defaultDepthLimit) {
        self.init(at: offset, depthLimit: depthLimit, isDocument: false)
    }

    private init(at offset: Int, depthLimit: Int, isDocument: Bool) {
        scanner = JSONScanner(at: offset + 1, depthLimit: depthLimit)
        depth = 1
        self.isDocument = isDocument
        start = offset
        lastMemberEnd = offset + 1
        range = offset..<offset + 1
    }

    /// The next member, or nil behind the last one.
    package mutating func next(in bytes: RawSpan) throws(JSONScanError) -> JSONMember? {
        if state == .ended { return nil }
        scanner.skipWhitespace(in: bytes)
        switch (state, scanner.peek(in: bytes)) {
        case (_, .some(.closeBrace)):
            scanner.position += 1
            state = .ended
            range = start..<scanner.position
            if isDocument { try scanner.skipDocumentEnd(in: bytes) }
            return nil
        case (.more, .some(.comma)):
            scanner.position += 1
            scanner.skipWhitespace(in: bytes)
        case (.more, _):
            throw scanner.unexpected("a comma or }", in: bytes)
        default:
            break
        }
        state = .more
        let key = try scanner.skipKey(in: bytes)
        let value = try scanner.scanValue(in: bytes, depth: depth)
        lastMemberEnd = value.range.upperBound
        range = start..<lastMemberEnd
        return JSONMember(keyRange: key.range, value: value, keyHasEscapes: key.hasEscapes)
    }
}
