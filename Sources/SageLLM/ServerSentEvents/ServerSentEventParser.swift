package import NIOCore

/// Reads an event stream by section 9.2 of the HTML standard, in whatever pieces it arrives.
///
///     parser.append(bytes)
///     while let event = try parser.next() { ... }
///
/// Each byte is looked at once and copied at most a constant number of times, however the stream is cut. An event is
/// reported as soon as its empty line has begun to end: after a carriage return the parser does not wait to see whether
/// a line feed follows; such a line feed opens the raw bytes of the next block.
package struct ServerSentEventParser: Sendable {
    /// The bytes that one event may have by default: 16 MiB, room for an image in base64.
    package static let defaultMaximumEventBytes = 16 * 1024 * 1024

    /// The bytes that one event may have, line ends and comments included.
    package let maximumEventBytes: Int
    /// The value of the last valid `id` field of the stream.
    package private(set) var lastEventID = ""

    // The block being read starts at the buffer's reader index; `scanned` and `lineStart` count from there. Whole
    // chunks wait in `pending`, so that a caller who appends faster than it reads does not make us copy a backlog.
    private var buffer = ByteBuffer()
    private var pending: [ByteBuffer] = []
    private var nextPending = 0
    private var scanned = 0
    private var lineStart = 0
    private var fields = ServerSentEventFields()
    private var isAtStreamStart = true
    private var endedWithCarriageReturn = false
    private var isFinished = false
    private var failure: ServerSentEventError?

    /// - Parameter maximumEventBytes: The bytes that one event may have; 16 MiB by default.
    package init(maximumEventBytes: Int = Self.defaultMaximumEventBytes) {
        self.maximumEventBytes = maximumEventBytes
    }

    /// Adds bytes of the stream; ignored after ``finish()``.
    package mutating func append(_ bytes: ByteBuffer) {
        guard !isFinished, bytes.readableBytes > 0 else { return }
        pending.append(bytes)
    }

    /// Says that the stream has ended; complete events can still be read.
    package mutating func finish() {
        isFinished = true
    }

    /// The next complete block, or nil if more bytes are needed.
    ///
    /// - Throws: ``ServerSentEventError``, and the same one at each later call.
    package mutating func next() throws(ServerSentEventError) -> ServerSentEvent? {
        if let failure { throw failure }
        while true {
            if scanToEndOfBlock() {
                try checkLimit(scanned)
                return takeBlock()
            }
            try checkLimit(buffer.readableBytes)
            guard takePendingChunk() else { return nil }
        }
    }

    /// Whether the stream ended inside an event.
    ///
    /// By the specification that event is discarded. Meaningful once ``next()`` has returned nil after ``finish()``.
    package var isIncomplete: Bool { incompleteEvent != nil }

    /// What has arrived of the event inside which the stream ended, read as if an empty line followed.
    package var incompleteEvent: ServerSentEvent? {
        guard isFinished, failure == nil else { return nil }
        var copy = self
        copy.endLine(upTo: buffer.readableBytes)
        guard copy.fields.hasField else { return nil }
        copy.scanned = buffer.readableBytes
        return copy.takeBlock()
    }

    private mutating func checkLimit(_ count: Int) throws(ServerSentEventError) {
        guard count > maximumEventBytes else { return }
        let error = ServerSentEventError.eventTooLarge(limit: maximumEventBytes)
        failure = error
        buffer = ByteBuffer()
        pending = []
        throw error
    }

    /// Makes the next waiting chunk part of the buffer; false if there is none.
    private mutating func takePendingChunk() -> Bool {
        guard nextPending < pending.count else { return false }
        var chunk = pending[nextPending]
        pending[nextPending] = ByteBuffer()
        nextPending += 1
        if nextPending == pending.count {
            pending.removeAll(keepingCapacity: true)
            nextPending = 0
        }
        if buffer.readableBytes == 0 {
            buffer = chunk
        } else if buffer.readerIndex > 0 {
            // Events that were handed out share this storage; a write would copy all of it, so copy only the rest.
            var rest = ByteBuffer()
            rest.reserveCapacity(buffer.readableBytes + chunk.readableBytes)
            rest.writeBuffer(&buffer)
            rest.writeBuffer(&chunk)
            buffer = rest
        } else {
            buffer.writeBuffer(&chunk)
        }
        return true
    }

    /// Reads lines until an empty one ends the block; false if the bytes end before.
    private mutating func scanToEndOfBlock() -> Bool {
        while true {
            if endedWithCarriageReturn, scanned < buffer.readableBytes {
                endedWithCarriageReturn = false
                if byte(at: scanned) == .lineFeed {
                    scanned += 1
                    lineStart = scanned
                }
            }
            let end = findLineEnd()
            guard end < buffer.readableBytes else {
                scanned = end
                return false
            }
            endedWithCarriageReturn = byte(at: end) == .carriageReturn
            scanned = end + 1
            if endLine(upTo: end) {
                // Take the line feed of a CRLF along if it is already here.
                if endedWithCarriageReturn, scanned < buffer.readableBytes {
                    endedWithCarriageReturn = false
                    if byte(at: scanned) == .lineFeed { scanned += 1 }
                }
                return true
            }
        }
    }

    /// The offset of the next line end from `scanned` on, or of the end of the bytes.
    private func findLineEnd() -> Int {
        let bytes = buffer.readableBytesSpan
        let ones: UInt64 = 0x0101_0101_0101_0101
        var offset = scanned
        // Eight bytes at a time: a high bit is set where a byte is below 0x10, as both ends of lines are.
        while offset + 8 <= bytes.byteCount {
            let word = bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
            guard (word &- ones &* 0x10) & ~word & (ones &* 0x80) == 0 else { break }
            offset += 8
        }
        while offset < bytes.byteCount {
            let byte = bytes.byte(at: offset)
            if byte == .lineFeed || byte == .carriageReturn { break }
            offset += 1
        }
        return offset
    }

    /// Reads the line that ends at an offset; true if it is empty.
    @discardableResult
    private mutating func endLine(upTo end: Int) -> Bool {
        var start = lineStart
        lineStart = end + 1
        if isAtStreamStart {
            isAtStreamStart = false
            if end - start >= 3, byte(at: start) == 0xEF, byte(at: start + 1) == 0xBB, byte(at: start + 2) == 0xBF {
                start += 3
            }
        }
        guard start < end else { return true }
        fields.read(line: start..<end, in: buffer)
        return false
    }

    /// Takes the scanned bytes out of the buffer as one block.
    private mutating func takeBlock() -> ServerSentEvent {
        let event = fields.event(of: buffer, rawCount: scanned)
        if let id = event.id { lastEventID = id }
        buffer.moveReaderIndex(forwardBy: scanned)
        scanned = 0
        lineStart = 0
        fields = ServerSentEventFields()
        return event
    }

    private func byte(at offset: Int) -> UInt8 {
        buffer.readableBytesSpan.byte(at: offset)
    }
}
