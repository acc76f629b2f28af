import NIOCore

/// The parts of a body that have arrived and not been read.
///
/// One part, the usual case, needs no allocation. Many small ones are joined, because each keeps alive the buffer that it
/// was received in: what is kept stays in proportion to the bytes.
struct UpstreamParts: Sendable {
    /// From this many parts on small ones are joined.
    private static let joiningCount = 1_024
    /// A part that is at least this long is not added to.
    private static let joinedBytes = 16 << 10

    private var first: ByteBuffer?
    private var rest: CircularBuffer<ByteBuffer>?
    /// The length of all parts together.
    private(set) var readableBytes = 0

    var isEmpty: Bool { first == nil }

    /// The part, if it is the only one.
    var single: ByteBuffer? { rest?.isEmpty ?? true ? first : nil }

    mutating func append(_ part: ByteBuffer) {
        readableBytes += part.readableBytes
        guard first != nil else {
            first = part
            return
        }
        var rest = self.rest ?? CircularBuffer(initialCapacity: 4)
        // Only one reference may be left, else adding to a part copies the others.
        self.rest = nil
        if rest.count >= Self.joiningCount, var last = rest.popLast() {
            if last.readableBytes + part.readableBytes <= Self.joinedBytes {
                last.writeImmutableBuffer(part)
                rest.append(last)
            } else {
                rest.append(last)
                rest.append(part)
            }
        } else {
            rest.append(part)
        }
        self.rest = rest
    }

    mutating func popFirst() -> ByteBuffer? {
        guard let part = first else { return nil }
        readableBytes -= part.readableBytes
        first = rest?.popFirst()
        return part
    }

    mutating func removeAll() {
        self = UpstreamParts()
    }
}
