package import NIOCore

/// Writes events of an event stream; lines end with a line feed.
package enum ServerSentEventEncoder {
    /// Writes one event.
    ///
    /// - Parameters:
    ///   - data: The data; each of its lines becomes a `data` field.
    ///   - event: The type, or nil for none. Line ends in it are left out, because they would end the field.
    ///   - id: The id, or nil for none. Line ends and NUL in it are left out.
    ///   - buffer: Where to write.
    package static func write(data: ByteBuffer, event: String? = nil, id: String? = nil, to buffer: inout ByteBuffer) {
        buffer.reserveCapacity(minimumWritableBytes: data.readableBytes + 16)
        if let event { writeField("event: ", event, to: &buffer) }
        if let id { writeField("id: ", id, to: &buffer) }
        let bytes = data.readableBytesSpan
        var lineStart = 0
        var offset = 0
        while offset < bytes.byteCount {
            let byte = bytes.byte(at: offset)
            offset += 1
            guard byte == .lineFeed || byte == .carriageReturn else { continue }
            writeData(data.slice(lineStart..<offset - 1), to: &buffer)
            if byte == .carriageReturn, offset < bytes.byteCount, bytes.byte(at: offset) == .lineFeed { offset += 1 }
            lineStart = offset
        }
        writeData(data.slice(lineStart..<bytes.byteCount), to: &buffer)
        buffer.writeInteger(UInt8.lineFeed)
    }

    /// One event in a buffer of its own.
    package static func encode(data: ByteBuffer, event: String? = nil, id: String? = nil) -> ByteBuffer {
        var buffer = ByteBuffer()
        write(data: data, event: event, id: id, to: &buffer)
        return buffer
    }

    /// One event whose data is JSON.
    package static func encode(json: JSONValue, event: String? = nil, id: String? = nil) -> ByteBuffer {
        encode(data: json.jsonBuffer, event: event, id: id)
    }

    /// A comment, for example to keep a connection alive.
    package static func encode(comment: String) -> ByteBuffer {
        var buffer = ByteBuffer()
        writeField(": ", comment, to: &buffer)
        buffer.writeInteger(UInt8.lineFeed)
        return buffer
    }

    private static func writeData(_ line: ByteBuffer, to buffer: inout ByteBuffer) {
        buffer.writeStaticString("data: ")
        buffer.writeImmutableBuffer(line)
        buffer.writeInteger(UInt8.lineFeed)
    }

    private static func writeField(_ name: StaticString, _ value: String, to buffer: inout ByteBuffer) {
        buffer.writeStaticString(name)
        buffer.writeBytes(value.utf8.lazy.filter { $0 != .lineFeed && $0 != .carriageReturn && $0 != 0 })
        buffer.writeInteger(UInt8.lineFeed)
    }
}
