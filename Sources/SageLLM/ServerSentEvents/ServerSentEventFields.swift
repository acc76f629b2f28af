import NIOCore

/// The fields of the block that is being read; offsets count from the start of the block.
struct ServerSentEventFields: Sendable {
    private var event: String?
    private var id: String?
    private var retry: Int?
    private var firstData: Range<Int>?
    // Only data of more than one line has to be copied together.
    private var joinedData: ByteBuffer?
    /// Whether any line was something else than a comment.
    private(set) var hasField = false

    /// Reads one line that is not empty.
    mutating func read(line: Range<Int>, in buffer: ByteBuffer) {
        let bytes = buffer.readableBytesSpan
        let colon = line.first { bytes.byte(at: $0) == .colon } ?? line.upperBound
        guard colon > line.lowerBound else { return }
        hasField = true
        let name = line.lowerBound..<colon
        var value = min(colon + 1, line.upperBound)..<line.upperBound
        if !value.isEmpty, bytes.byte(at: value.lowerBound) == .space {
            value = value.lowerBound + 1..<value.upperBound
        }
        if bytes.equals("data", in: name) {
            appendData(value, of: buffer)
        } else if bytes.equals("event", in: name) {
            event = bytes.string(value)
        } else if bytes.equals("id", in: name) {
            // The specification ignores an id with NUL.
            if !value.contains(where: { bytes.byte(at: $0) == 0 }) { id = bytes.string(value) }
        } else if bytes.equals("retry", in: name) {
            if !value.isEmpty, value.allSatisfy({ bytes.byte(at: $0).isDigit }) {
                retry = Int(bytes.string(value)) ?? retry
            }
        }
    }

    private mutating func appendData(_ value: Range<Int>, of buffer: ByteBuffer) {
        guard let firstData else {
            self.firstData = value
            return
        }
        var joined = joinedData.take() ?? buffer.slice(firstData)
        joined.writeInteger(UInt8.lineFeed)
        joined.writeImmutableBuffer(buffer.slice(value))
        joinedData = joined
    }

    /// The block as an event; its bytes are the first ones of the buffer.
    func event(of buffer: ByteBuffer, rawCount: Int) -> ServerSentEvent {
        ServerSentEvent(
            event: event.flatMap { $0.isEmpty ? nil : $0 },
            data: joinedData ?? firstData.map(buffer.slice) ?? ByteBuffer(),
            id: id,
            retry: retry,
            isDispatched: firstData != nil,
            raw: buffer.slice(0..<rawCount)
        )
    }
}

extension ByteBuffer {
    /// The readable bytes of a range that counts from the reader index.
    func slice(_ range: Range<Int>) -> ByteBuffer {
        getSlice(at: readerIndex + range.lowerBound, length: range.count) ?? ByteBuffer()
    }
}
