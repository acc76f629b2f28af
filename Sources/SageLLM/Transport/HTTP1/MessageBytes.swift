import NIOCore

/// What has arrived on a connection and not been read, and how far the message in it has been read.
///
/// Strict where a lenient reading would let two parties see different messages (RFC 9112, sections 6 and 11), and
/// bounded in all it keeps.
struct MessageBytes: Sendable {
    /// What comes next of a body.
    enum Part {
        case bytes(ByteBuffer)
        case end
        /// More bytes are needed.
        case incomplete
    }

    private enum State {
        case fixed(remaining: Int)
        case chunkLine
        case chunk(remaining: Int)
        case chunkEnd
        case trailers
        case untilClose
    }

    private let limits: HTTPMessageLimits
    private var unread = ByteBuffer()
    private var state = State.fixed(remaining: 0)
    /// How far the unread bytes have been searched for the end of a head, so that none is looked at twice.
    private(set) var searched = 0

    init(limits: HTTPMessageLimits) {
        self.limits = limits
    }

    /// Whether there are unread bytes.
    var isEmpty: Bool { unread.readableBytes == 0 }

    /// What is unread; to look at only.
    var buffer: ByteBuffer { unread }

    /// Whether the body ends with the connection.
    var endsWithConnection: Bool { if case .untilClose = state { true } else { false } }

    /// Takes in what has arrived.
    mutating func append(_ buffer: ByteBuffer) {
        if isEmpty {
            unread = buffer
        } else {
            var buffer = buffer
            unread.writeBuffer(&buffer)
        }
    }

    /// Gives back the room of bytes that have all been read, which a connection would hold for as long as it is silent.
    private mutating func letGo() {
        if isEmpty { unread = ByteBuffer() }
    }

    // MARK: Head

    /// The length of the head up to the empty line at its end; nil when that has not arrived.
    mutating func headLength() throws(HTTPMessageError) -> Int? {
        let buffer = unread
        return try Self.sectionEnd(buffer.readableBytesSpan, searched: &searched, limits)
    }

    /// Moves behind a head or a part of one.
    mutating func skip(_ length: Int) {
        unread.moveReaderIndex(forwardBy: length)
        searched = 0
        letGo()
    }

    /// Where lines end with an empty one, searched from where the last search stopped.
    private static func sectionEnd(
        _ bytes: RawSpan, searched: inout Int, _ limits: HTTPMessageLimits
    ) throws(HTTPMessageError) -> Int? {
        let end = min(bytes.byteCount, limits.headBytes)
        var offset = searched
        while offset < end {
            if bytes.byte(at: offset) == .lineFeed {
                guard offset > 0, bytes.byte(at: offset - 1) == .carriageReturn else {
                    throw .malformed("a header line ends without CR")
                }
                if offset >= 3, bytes.byte(at: offset - 2) == .lineFeed { return offset + 1 }
            }
            offset += 1
        }
        searched = offset
        guard bytes.byteCount <= limits.headBytes else {
            throw .tooLong("the head", limit: limits.headBytes)
        }
        return nil
    }

    // MARK: Body

    /// Prepares for the body that follows a head.
    mutating func beginBody(_ framing: BodyFraming) {
        state =
            switch framing {
            case .none: .fixed(remaining: 0)
            case .length(let length): .fixed(remaining: length)
            case .chunked: .chunkLine
            case .untilClose: .untilClose
            }
    }

    /// Reads on in the body.
    mutating func nextPart() throws(HTTPMessageError) -> Part {
        while true {
            switch state {
            case .fixed(let remaining):
                guard remaining > 0 else { return .end }
                guard let part = take(upTo: remaining) else { return .incomplete }
                state = .fixed(remaining: remaining - part.readableBytes)
                return .bytes(part)
            case .chunkLine:
                guard let size = try chunkLine() else {
                    letGo()
                    return .incomplete
                }
                state = size == 0 ? .trailers : .chunk(remaining: size)
            case .chunk(let remaining):
                guard let part = take(upTo: remaining) else { return .incomplete }
                state = remaining > part.readableBytes ? .chunk(remaining: remaining - part.readableBytes) : .chunkEnd
                return .bytes(part)
            case .chunkEnd:
                guard unread.readableBytes >= 2 else { return .incomplete }
                guard unread.readInteger(as: UInt16.self) == 0x0D0A else {
                    throw .malformed("a chunk is longer than its size")
                }
                state = .chunkLine
            case .trailers:
                guard try readTrailers() else { return .incomplete }
                letGo()
                state = .fixed(remaining: 0)
                return .end
            case .untilClose:
                return take(upTo: .max).map(Part.bytes) ?? .incomplete
            }
        }
    }

    private mutating func take(upTo length: Int) -> ByteBuffer? {
        guard unread.readableBytes > 0 else { return nil }
        guard unread.readableBytes > length else {
            defer { unread = ByteBuffer() }
            return unread
        }
        return unread.readSlice(length: length)
    }

    /// Reads the line before a chunk.
    ///
    /// - Returns: The chunk's size; nil when the line is not complete.
    private mutating func chunkLine() throws(HTTPMessageError) -> Int? {
        let buffer = unread
        let bytes = buffer.readableBytesSpan
        var size = 0
        var offset = 0
        while offset < bytes.byteCount, let digit = bytes.byte(at: offset).hexadecimalValue {
            // 2^56 bytes are no answer, and more would overflow.
            guard offset < 14 else { throw .malformed("the size of a chunk is too large") }
            size = size << 4 | Int(digit)
            offset += 1
        }
        guard offset < bytes.byteCount else { return nil }
        guard offset > 0 else { throw .malformed("the size of a chunk is not a number") }
        // Some pad the size with spaces; extensions mean nothing here.
        var isExtension = false
        while offset < bytes.byteCount {
            let byte = bytes.byte(at: offset)
            if byte == .carriageReturn {
                guard offset + 1 < bytes.byteCount else { return nil }
                guard bytes.byte(at: offset + 1) == .lineFeed else { throw .malformed("a chunk's line has a bare CR") }
                unread.moveReaderIndex(forwardBy: offset + 2)
                return size
            }
            if byte == UInt8(ascii: ";") { isExtension = true }
            guard byte.isFieldText, isExtension || byte.isBlank else {
                throw .malformed("the size of a chunk is not a number")
            }
            offset += 1
            guard offset <= limits.chunkLineBytes else {
                throw .tooLong("a chunk's line", limit: limits.chunkLineBytes)
            }
        }
        return nil
    }

    /// Reads the fields after the last chunk, which nobody asked for.
    private mutating func readTrailers() throws(HTTPMessageError) -> Bool {
        let buffer = unread
        let bytes = buffer.readableBytesSpan
        if bytes.byteCount >= 2, bytes.byte(at: 0) == .carriageReturn, bytes.byte(at: 1) == .lineFeed {
            unread.moveReaderIndex(forwardBy: 2)
            return true
        }
        guard let length = try Self.sectionEnd(bytes, searched: &searched, limits) else { return false }
        unread.moveReaderIndex(forwardBy: length)
        searched = 0
        return true
    }
}
