import NIOCore

/// Reads the answers on one connection, one after the other, whatever the boundaries of what arrives.
///
/// Strict and bounded: see ``MessageBytes`` and ``FieldParser``.
struct ResponseParser: Sendable {
    /// What has been read.
    enum Event: Sendable, Equatable {
        /// A head; after one that is interim another follows.
        case head(ResponseHead)
        case body(ByteBuffer)
        /// The answer is complete.
        case end
        /// More bytes are needed.
        case incomplete
    }

    private enum State {
        /// No answer is expected.
        case idle
        case head
        case body
    }

    private let limits: HTTPMessageLimits
    private var state = State.idle
    private var bytes: MessageBytes
    private var headParser: HeadParser
    private var isBodyless = false
    private var interimHeads = 0

    init(limits: HTTPMessageLimits = HTTPMessageLimits()) {
        self.limits = limits
        bytes = MessageBytes(limits: limits)
        headParser = HeadParser(limits: limits)
    }

    /// Whether bytes have arrived that belong to no answer so far.
    var hasUnread: Bool { !bytes.isEmpty }

    /// Prepares for the answer to a request.
    ///
    /// - Parameter isBodyless: Whether the request was one whose answer has no body (HEAD).
    mutating func begin(isBodyless: Bool) {
        state = .head
        self.isBodyless = isBodyless
        interimHeads = 0
    }

    /// Takes in what has arrived.
    mutating func append(_ buffer: ByteBuffer) {
        bytes.append(buffer)
    }

    /// Reads on.
    mutating func next() throws(HTTPMessageError) -> Event {
        switch state {
        case .idle: return .incomplete
        case .head: return try head()
        case .body:
            switch try bytes.nextPart() {
            case .bytes(let part): return .body(part)
            case .incomplete: return .incomplete
            case .end:
                state = .idle
                return .end
            }
        }
    }

    /// Tells what the end of the connection means.
    ///
    /// - Returns: Whether the answer is complete with it.
    mutating func connectionEnded() -> Bool {
        guard state == .body, bytes.endsWithConnection else { return false }
        state = .idle
        return true
    }

    private mutating func head() throws(HTTPMessageError) -> Event {
        let buffer = bytes.buffer
        let span = buffer.readableBytesSpan
        if bytes.searched < 8 { try HeadParser.checkProtocol(span) }
        guard let length = try bytes.headLength() else { return .incomplete }
        let head = try headParser.parse(span.extracting(first: length), isBodyless: isBodyless)
        bytes.skip(length)
        guard !head.isInterim else {
            guard head.status != 101 else { throw .malformed("the peer switches protocols without being asked") }
            interimHeads += 1
            guard interimHeads <= limits.interimHeads else {
                throw .tooLong("the list of interim answers", limit: limits.interimHeads)
            }
            return .head(head)
        }
        bytes.beginBody(head.framing)
        state = .body
        return .head(head)
    }
}
