package import NIOCore

extension JSONValue {
    /// Parses a document.
    ///
    /// A key that occurs twice keeps its last value.
    ///
    /// - Parameters:
    ///   - bytes: The document in UTF-8.
    ///   - depthLimit: How deep arrays and objects may nest; 512 by default.
    /// - Throws: ``JSONScanError`` with the place of the first mistake.
    public init(parsing bytes: [UInt8], depthLimit: Int = 512) throws(JSONScanError) {
        try self.init(parsing: bytes.span.bytes, depthLimit: depthLimit)
    }

    /// Parses a document.
    ///
    /// - Parameters:
    ///   - text: The document.
    ///   - depthLimit: How deep arrays and objects may nest; 512 by default.
    /// - Throws: ``JSONScanError`` with the place of the first mistake.
    public init(parsing text: String, depthLimit: Int = 512) throws(JSONScanError) {
        try self.init(parsing: [UInt8](text.utf8), depthLimit: depthLimit)
    }

    /// Parses the readable bytes of a buffer.
    package init(parsing buffer: ByteBuffer, depthLimit: Int = JSONScanner.defaultDepthLimit) throws(JSONScanError) {
        try self.init(parsing: buffer.readableBytesSpan, depthLimit: depthLimit)
    }

    /// Parses a document.
    package init(parsing bytes: RawSpan, depthLimit: Int = JSONScanner.defaultDepthLimit) throws(JSONScanError) {
        var scanner = JSONScanner(depthLimit: depthLimit)
        try scanner.skipDocumentStart(in: bytes)
        self = try Self.parse(&scanner, bytes, depth: 0)
        try scanner.skipDocumentEnd(in: bytes)
    }

    private static func parse(
        _ scanner: inout JSONScanner, _ bytes: RawSpan, depth: Int
    ) throws(JSONScanError) -> JSONValue {
        let start = scanner.position
        let kind = try scanner.kindOfValue(in: bytes)
        if kind == .array || kind == .object {
            guard depth < scanner.depthLimit else {
                throw JSONScanError(.tooDeep(limit: scanner.depthLimit), at: start, in: bytes)
            }
            scanner.position += 1
            return kind == .array
                ? try parseArray(&scanner, bytes, depth: depth + 1)
                : try parseObject(&scanner, bytes, depth: depth + 1)
        }
        try scanner.skipScalar(kind, in: bytes)
        let range = start..<scanner.position
        switch kind {
        case .string: return .string(JSONString.decode(range, in: bytes))
        case .number: return JSONNumber.value(range, in: bytes)
        case .bool: return .bool(bytes.byte(at: start) == UInt8(ascii: "t"))
        default: return .null
        }
    }

    private static func parseArray(
        _ scanner: inout JSONScanner, _ bytes: RawSpan, depth: Int
    ) throws(JSONScanError) -> JSONValue {
        var elements: [JSONValue] = []
        scanner.skipWhitespace(in: bytes)
        if scanner.peek(in: bytes) == .closeBracket {
            scanner.position += 1
            return .array(elements)
        }
        while true {
            scanner.skipWhitespace(in: bytes)
            elements.append(try parse(&scanner, bytes, depth: depth))
            scanner.skipWhitespace(in: bytes)
            let next = scanner.peek(in: bytes)
            guard next == .comma || next == .closeBracket else { throw scanner.unexpected("a comma or ]", in: bytes) }
            scanner.position += 1
            if next == .closeBracket { return .array(elements) }
        }
    }

    private static func parseObject(
        _ scanner: inout JSONScanner, _ bytes: RawSpan, depth: Int
    ) throws(JSONScanError) -> JSONValue {
        var object = JSONObject()
        scanner.skipWhitespace(in: bytes)
        if scanner.peek(in: bytes) == .closeBrace {
            scanner.position += 1
            return .object(object)
        }
        while true {
            scanner.skipWhitespace(in: bytes)
            let key = JSONString.decode(try scanner.skipKey(in: bytes).range, in: bytes)
            object[key] = try parse(&scanner, bytes, depth: depth)
            scanner.skipWhitespace(in: bytes)
            let next = scanner.peek(in: bytes)
            guard next == .comma || next == .closeBrace else { throw scanner.unexpected("a comma or }", in: bytes) }
            scanner.position += 1
            if next == .closeBrace { return .object(object) }
        }
    }
}
