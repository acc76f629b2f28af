/// Walks the elements of an array inside a document; each call checks one element.
package struct JSONElements: Sendable {
    private var scanner: JSONScanner
    private var state = State.first

    private enum State { case first, more, ended }

    /// Starts at the array whose opening bracket stands at an offset.
    package init(at offset: Int, depthLimit: Int = JSONScanner.defaultDepthLimit) {
        scanner = JSONScanner(at: offset + 1, depthLimit: depthLimit)
    }

    /// The next element, or nil behind the last one.
    package mutating func next(in bytes: RawSpan) throws(JSONScanError) -> JSONToken? {
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
        return try scanner.scanValue(in: bytes, depth: 1)
    }
}
