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
        self.init(at: scanner.position, depth: 1, depthLimit: depthLimit, isDocument: true)
    }

    /// Starts at an object inside a document, whose opening brace stands at an offset.
    package init(at offset: Int, depthLimit: Int = JSONScanner.defaultDepthLimit) {
        self.init(at: offset, depth: 1, depthLimit: depthLimit, isDocument: false)
    }

    /// - Parameter depth: How many containers surround the members, the object itself included.
    init(at offset: Int, depth: Int, depthLimit: Int, isDocument: Bool = false) {
        scanner = JSONScanner(at: offset + 1, depthLimit: depthLimit)
        self.depth = depth
        self.isDocument = isDocument
        start = offset
        lastMemberEnd = offset + 1
        range = offset..<offset + 1
    }

    /// The next member, or nil behind the last one.
    package mutating func next(in bytes: RawSpan) throws(JSONScanError) -> JSONMember? {
        guard let key = try nextKey(in: bytes) else { return nil }
        let value = try value(in: bytes)
        return JSONMember(keyRange: key.range, value: value, keyHasEscapes: key.hasEscapes)
    }

    // To look into a value while it is read the first time: after `nextKey` either `value`, or a walk through the value
    // to its end, and `leave`.

    /// The key of the next member, or nil behind the last one.
    mutating func nextKey(in bytes: RawSpan) throws(JSONScanError) -> JSONKey? {
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
        return try scanner.skipKey(in: bytes)
    }

    /// Reads the value of the key.
    mutating func value(in bytes: RawSpan) throws(JSONScanError) -> JSONToken {
        let value = try scanner.scanValue(in: bytes, depth: depth)
        leave(at: value.range.upperBound)
        return value
    }

    /// What the value of the key is, by its first byte.
    func kindOfValue(in bytes: RawSpan) throws(JSONScanError) -> JSONKind {
        try scanner.kindOfValue(in: bytes)
    }

    /// The members of the value of the key.
    func members(in bytes: RawSpan) throws(JSONScanError) -> JSONMembers {
        try scanner.checkDepth(depth, in: bytes)
        return JSONMembers(at: scanner.position, depth: depth + 1, depthLimit: scanner.depthLimit)
    }

    /// The elements of the value of the key.
    func elements(in bytes: RawSpan) throws(JSONScanError) -> JSONElements {
        try scanner.checkDepth(depth, in: bytes)
        return JSONElements(at: scanner.position, depth: depth + 1, depthLimit: scanner.depthLimit)
    }

    /// Goes on behind a value that has been walked through.
    mutating func leave(at end: Int) {
        scanner.position = end
        lastMemberEnd = end
        range = start..<end
    }
}
