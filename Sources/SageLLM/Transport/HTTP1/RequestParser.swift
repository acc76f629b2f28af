package import HTTPTypes
package import NIOCore

/// Reads the requests on one connection of a client, one after the other, whatever the boundaries of what arrives.
///
/// Strict and bounded: see ``MessageBytes`` and ``FieldParser``.
package struct RequestParser: Sendable {
    /// The first line and the fields of a request.
    package struct Head: Sendable, Equatable {
        /// The request; its fields are those without `Host`, which is its authority, and `Content-Length`.
        package var request: HTTPRequest
        /// The length of the body, if the client says so.
        package var contentLength: Int?
        /// Whether the client speaks HTTP/1.0, which has neither chunks nor a second request.
        package var isOld = false
        /// Whether the client wants the connection to end with the answer.
        package var isClosing = false
        /// Whether the client waits to be asked for the body.
        package var expectsContinue = false

        package init(_ request: HTTPRequest, contentLength: Int? = nil) {
            self.request = request
            self.contentLength = contentLength
        }
    }

    /// What has been read.
    package enum Part: Sendable, Equatable {
        case head(Head)
        case body(ByteBuffer)
        /// The request is complete.
        case end
    }

    /// Enough for a method and the paths that tell protocols apart.
    private static let pathSearchBytes = 64

    private let limits: HTTPMessageLimits
    private var bytes: MessageBytes
    private var fields: FieldParser
    private var isInBody = false
    /// The target of the last request.
    private var target = ""
    private var path = ""

    /// - Parameter maxHeadBytes: The most bytes that the first line and all fields may have, or all trailers.
    package init(maxHeadBytes: Int) {
        var limits = HTTPMessageLimits()
        limits.headBytes = maxHeadBytes
        limits.fields = 1_024
        self.limits = limits
        bytes = MessageBytes(limits: limits)
        fields = FieldParser(of: .request, limits: limits)
    }

    /// Takes in what has arrived.
    package mutating func append(_ buffer: ByteBuffer) {
        bytes.append(buffer)
    }

    /// Reads on; nil when more bytes are needed.
    ///
    /// - Throws: What is wrong; nothing can be read after it. A head or trailers beyond their limit are `tooLong`.
    package mutating func next() throws(HTTPMessageError) -> Part? {
        guard isInBody else { return try head().map(Part.head) }
        switch try bytes.nextPart() {
        case .bytes(let part): return .body(part)
        case .incomplete: return nil
        case .end:
            isInBody = false
            return .end
        }
    }

    private mutating func head() throws(HTTPMessageError) -> Head? {
        if bytes.searched == 0 { guard try beginsRequest() else { return nil } }
        let buffer = bytes.buffer
        guard let length = try bytes.headLength() else { return nil }
        let span = buffer.readableBytesSpan.extracting(first: length)
        let line = 0..<(try FieldParser.lineEnd(span, from: 0))
        let (method, target, minorVersion) = try Self.requestLine(span, line)
        let (headerFields, facts) = try fields.parse(span, from: line.upperBound + 2)
        guard minorVersion > 0 || !facts.isChunked else {
            throw .malformed("there is a transfer coding in a request of HTTP/1.0")
        }
        var head = Head(
            HTTPRequest(
                method: try Self.method(span, method), scheme: "http", authority: facts.host,
                path: path(span, target), headerFields: headerFields),
            contentLength: facts.length)
        head.isOld = minorVersion == 0
        head.isClosing = facts.isClosing
        head.expectsContinue = facts.expectsContinue
        bytes.skip(length)
        bytes.beginBody(facts.isChunked ? .chunked : facts.length.map(BodyFraming.length) ?? .none)
        isInBody = true
        return head
    }

    /// The path of a request whose head has not been read, or cannot be; nil when nothing looks like one.
    ///
    /// As far as it has come, at most its beginning: enough for an error in the words of the client's protocol.
    package var unreadPath: String? {
        guard !isInBody else { return nil }
        // An empty line before a request is allowed (RFC 9112, 2.2).
        let line = bytes.buffer.readableBytesView.prefix(Self.pathSearchBytes)
            .drop { $0 == .carriageReturn || $0 == .lineFeed }
        let words = line.split(separator: .space, maxSplits: 2, omittingEmptySubsequences: false)
        guard words.count > 1, words[1].first == UInt8(ascii: "/") else { return nil }
        return String(decoding: words[1], as: UTF8.self)
    }

    /// Whether a request has begun, behind the empty line that some clients send after a body (RFC 9112, 2.2); what cannot
    /// become one is noticed at once.
    private mutating func beginsRequest() throws(HTTPMessageError) -> Bool {
        while true {
            let buffer = bytes.buffer
            let span = buffer.readableBytesSpan
            guard span.byteCount > 0 else { return false }
            guard span.byte(at: 0) == .carriageReturn else {
                guard span.byte(at: 0).isTokenText else { throw .malformed("a request does not begin with a method") }
                return true
            }
            guard span.byteCount > 1 else { return false }
            guard span.byte(at: 1) == .lineFeed else { throw .malformed("a line has a bare CR") }
            bytes.skip(2)
        }
    }

    // MARK: Request line

    /// Where the method and the target stand, and the minor version: exactly one space lies between the parts.
    private static func requestLine(
        _ bytes: RawSpan, _ line: Range<Int>
    ) throws(HTTPMessageError) -> (method: Range<Int>, target: Range<Int>, minorVersion: UInt8) {
        var end = 0
        while end < line.upperBound, bytes.byte(at: end).isTokenText { end += 1 }
        // The space, HTTP/1.1 at the end, and at least one byte between.
        let version = line.upperBound - 8
        guard end > 0, version - 1 > end + 1, bytes.byte(at: end) == .space, bytes.byte(at: version - 1) == .space,
            bytes.equals("HTTP/1.", in: version..<(version + 7)), bytes.byte(at: version + 7).isDigit
        else { throw .malformed("the request line is malformed") }
        let target = (end + 1)..<(version - 1)
        for offset in target where bytes.byte(at: offset) <= .space || bytes.byte(at: offset) == 0x7F {
            throw .malformed("the request's target has a character that must be percent-encoded")
        }
        return (0..<end, target, bytes.byte(at: version + 7) - UInt8(ascii: "0"))
    }

    private static func method(_ bytes: RawSpan, _ range: Range<Int>) throws(HTTPMessageError) -> HTTPRequest.Method {
        if bytes.equals("POST", in: range) { return .post }
        if bytes.equals("GET", in: range) { return .get }
        guard let method = HTTPRequest.Method(bytes.string(range)) else { throw .malformed("the method is no token") }
        return method
    }

    /// The path of a target, which for a proxy would be a whole URL (RFC 9112, 3.2.2).
    private mutating func path(_ bytes: RawSpan, _ range: Range<Int>) -> String {
        guard !bytes.equals(target, in: range) else { return path }
        target = bytes.string(range)
        path = target
        if !target.hasPrefix("/"), let scheme = target.firstRange(of: "://") {
            let rest = target[scheme.upperBound...].drop { $0 != "/" && $0 != "?" }
            path = rest.hasPrefix("/") ? String(rest) : "/" + rest
        }
        return path
    }
}

extension UInt8 {
    /// Whether it may stand in a method (RFC 9110, 5.6.2).
    fileprivate var isTokenText: Bool {
        switch self {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "!"), 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E...0x60, 0x7C, 0x7E: true
        default: false
        }
    }
}
