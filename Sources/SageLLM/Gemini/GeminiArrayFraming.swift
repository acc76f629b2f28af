package import NIOCore

/// Makes of the events of a stream the elements of the JSON array that a client of `streamGenerateContent` expects when
/// it has not asked for events (`alt=sse`).
///
/// The elements are the data of the events. Comments and marks such as `[DONE]` have none; between elements white space
/// may keep a connection alive (``keepAlive``).
package struct GeminiArrayFraming: Sendable {
    /// White space, which an array may begin with and have between its elements.
    package static let keepAlive = ByteBuffer(string: "\n")

    private var parser = ServerSentEventParser()
    private var hasBegun = false
    private var isOver = false

    package init() {}

    /// Makes elements of the events that are whole; a part of one is kept until the rest comes.
    ///
    /// - Parameters:
    ///   - events: Bytes of the event stream.
    ///   - output: Where to write.
    /// - Throws: ``ServerSentEventError`` for an event that is too long.
    package mutating func append(_ events: ByteBuffer, to output: inout ByteBuffer) throws(ServerSentEventError) {
        parser.append(events)
        while let event = try parser.next() {
            guard event.isDispatched, event.data.readableBytes > 0,
                !ChatStreamInspector.isDoneMarker(event.data.readableBytesSpan)
            else { continue }
            writeElement(event.data, to: &output)
        }
    }

    /// Ends the array of a whole answer.
    package mutating func finish(_ output: inout ByteBuffer) {
        guard !isOver else { return }
        isOver = true
        output.writeStaticString(hasBegun ? "\n]\n" : "[]\n")
    }

    /// Ends the array of an answer that breaks off.
    ///
    /// - Parameters:
    ///   - error: The error in Gemini's envelope, `{"error": {...}}`, which becomes the last element.
    ///   - output: Where to write.
    package mutating func fail(_ error: ByteBuffer, to output: inout ByteBuffer) {
        guard !isOver else { return }
        writeElement(error, to: &output)
        finish(&output)
    }

    private mutating func writeElement(_ element: ByteBuffer, to output: inout ByteBuffer) {
        guard !isOver else { return }
        output.writeStaticString(hasBegun ? "\n,\r\n" : "[")
        hasBegun = true
        output.writeImmutableBuffer(element)
    }
}
