/// Walks the elements of an array inside a document; each call checks one element.
package struct JSONElements: Sendable {
    private var scanner: JSONScanner
    private let depth: Int
    private var state = State.first

    private enum State { case first, more, ended }

    /// Starts at the array whose opening bracket stands at an offset.
    package init(at offset: Int, depthLimit: Int = JSONScanner.defaultDepthLimit) {
        self.init(at: offset, depth: 1, depthLimit: depthLimit)
    }

    /// - Parameter depth: How many containers surround the elements, the array itself included.
    init(at offset: Int, depth: Int, depthLimit: Int) {
        scanner = JSONScanner(at: offset + 1, depthLimit: depthLimit)
        self.depth = depth
    }

    /// The offset behind what has been read.
    var end: Int { scanner.position }

    /// The next element, or nil behind the last one.
    package mutating func next(in bytes: RawSpan) throws(JSONScanError) -> JSONToken? {
        guard try nextKind(in: bytes) != nil else { return nil }
        return try value(in: bytes)
    }

    // To look into an element while it is read the first time: after `nextKind` either `value`, or a walk through it to its
    // end, and `leave`.

    /// What the next element is, by its first byte, or nil behind the last one.
    mutating func nextKind(in bytes: RawSpan) throws(JSONScanError) -> JSONKind? {
        if state == .ended { return nil }
        scanner.skipWhitespace(in: bytes)
        switch (state, scanner.peek(in: bytes)) {
        case (.first, .some(.closeBracket)), (.more, .some(.closeBracket)):
            scanner.position += 1
            state = .ended
            return nil
        case (.more, .some(.comma)):
            scanner.position += 1
            scanner.skipWhitespace(in: bytes)
        case (.more, _):
            throw scanner.unexpected("a comma or ]", in: bytes)
        default:
            break
        }
        state = .more
        return try scanner.kindOfValue(in: bytes)
    }

    /// Reads the element.
    mutating func value(in bytes: RawSpan) throws(JSONScanError) -> JSONToken {
        try scanner.scanValue(in: bytes, depth: depth)
    }

    /// The members of the element.
    func members(in bytes: RawSpan) throws(JSONScanError) -> JSONMembers {
        try scanner.checkDepth(depth, in: bytes)
        return JSONMembers(at: scanner.position, depth: depth + 1, depthLimit: scanner.depthLimit)
    }

    /// Goes on behind an element that has been walked through.
    mutating func leave(at end: Int) {
        scanner.position = end
    }
}
