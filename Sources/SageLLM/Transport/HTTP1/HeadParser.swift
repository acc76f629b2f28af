import HTTPTypes

/// Reads whole heads of answers.
struct HeadParser: Sendable {
    private let limits: HTTPMessageLimits
    private var fields: FieldParser

    init(limits: HTTPMessageLimits = HTTPMessageLimits()) {
        self.limits = limits
        fields = FieldParser(of: .answer, limits: limits)
    }

    /// Refuses bytes that cannot become a status line, so that a peer of another protocol is noticed at once.
    ///
    /// - Parameter bytes: The first bytes of an answer, as many as have arrived.
    static func checkProtocol(_ bytes: RawSpan) throws(HTTPMessageError) {
        var offset = 0
        for expected in "HTTP/1.".utf8 where offset < bytes.byteCount {
            guard bytes.byte(at: offset) == expected else { throw otherProtocol(bytes) }
            offset += 1
        }
    }

    private static func otherProtocol(_ bytes: RawSpan) -> HTTPMessageError {
        if bytes.byteCount >= 2, (0x14...0x17).contains(bytes.byte(at: 0)), bytes.byte(at: 1) == 3 {
            return .otherProtocol("TLS")
        }
        if bytes.starts(with: "SSH-") { return .otherProtocol("SSH") }
        if bytes.starts(with: "HTTP/") || bytes.starts(with: "PRI ") { return .otherProtocol("another HTTP version") }
        // A SETTINGS frame of the connection itself.
        if bytes.byteCount >= 9, bytes.byte(at: 0) == 0, bytes.byte(at: 3) == 4, bytes.byte(at: 5) == 0,
            bytes.byte(at: 8) == 0
        {
            return .otherProtocol("HTTP/2")
        }
        return .malformed("the answer does not begin with a status line")
    }

    /// Reads a head.
    ///
    /// - Parameters:
    ///   - bytes: All of it, the empty line at its end included.
    ///   - isBodyless: Whether the request was one whose answer has no body (HEAD).
    mutating func parse(_ bytes: RawSpan, isBodyless: Bool) throws(HTTPMessageError) -> ResponseHead {
        let line = 0..<(try FieldParser.lineEnd(bytes, from: 0))
        guard line.count <= limits.statusLineBytes else {
            throw .tooLong("the status line", limit: limits.statusLineBytes)
        }
        let (status, minorVersion) = try Self.statusLine(bytes, line)
        let (fields, facts) = try fields.parse(bytes, from: line.upperBound + 2)
        return ResponseHead(
            status: status, fields: fields, framing: try Self.framing(facts, status: status, isBodyless: isBodyless),
            isPersistent: minorVersion >= 1 && !facts.isClosing, contentEncoding: facts.contentEncoding,
            keepAliveSeconds: facts.keepAliveSeconds)
    }

    private static func statusLine(
        _ bytes: RawSpan, _ line: Range<Int>
    ) throws(HTTPMessageError) -> (status: Int, minorVersion: Int) {
        try checkProtocol(bytes)
        // HTTP/1.1 200, and a reason after a space, which some leave out.
        guard line.count >= 12, bytes.byte(at: 7).isDigit, bytes.byte(at: 8) == .space,
            line.count == 12 || bytes.byte(at: 12) == .space
        else { throw .malformed("the status line is malformed") }
        var status = 0
        for offset in 9..<12 {
            guard bytes.byte(at: offset).isDigit else { throw .malformed("the status is not a number") }
            status = status * 10 + Int(bytes.byte(at: offset) - UInt8(ascii: "0"))
        }
        guard status >= 100 else { throw .malformed("the status is below 100") }
        for offset in 12..<line.upperBound where !bytes.byte(at: offset).isFieldText {
            throw .malformed("the status line has a control character")
        }
        return (status, Int(bytes.byte(at: 7) - UInt8(ascii: "0")))
    }

    private static func framing(
        _ facts: FieldFacts, status: Int, isBodyless: Bool
    ) throws(HTTPMessageError) -> BodyFraming {
        if isBodyless || status < 200 || status == 204 || status == 304 { return .none }
        if facts.isChunked { return .chunked }
        guard let length = facts.length else { return .untilClose }
        return length == 0 ? .none : .length(length)
    }
}
