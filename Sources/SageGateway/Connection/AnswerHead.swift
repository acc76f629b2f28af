import HTTPTypes
import NIOCore

/// The head of an answer to a model's request, on its way to the client without the detours of a general one.
struct AnswerHead: Sendable {
    var status: HTTPResponse.Status
    /// What the provider, or an error, says.
    var fields: HTTPFields
    /// What Sage itself says; the values hold nothing that a field must not hold.
    var own: [OwnField] = []

    /// Whether an error asks for the connection to be closed after it.
    var isLast: Bool { status.kind != .successful && fields[.connection] == "close" }

    /// A field of Sage's own.
    struct OwnField: Sendable, Hashable {
        let name: String
        let value: String

        init(_ name: HTTPField.Name, _ value: String) {
            self.name = name.rawName
            self.value = value
        }
    }

    /// How the client learns where the body ends.
    enum Framing: Sendable, Hashable {
        case length(Int)
        case chunked
        /// By the end of the connection, for clients of HTTP/1.0.
        case untilClose
    }

    /// Writes the head as HTTP/1.1 has it (RFC 9112).
    ///
    /// - Parameters:
    ///   - isLast: Whether the connection is closed after the answer.
    func write(to buffer: inout ByteBuffer, _ framing: Framing, server: String, isLast: Bool) {
        // An array first: appending to it costs a fraction of writing to a buffer, which there are many pieces for.
        var bytes: [UInt8] = []
        bytes.reserveCapacity(768)
        Self.write(status, to: &bytes)
        for field in fields where field.name != .connection {
            Self.write(field.name.rawName, field.value, to: &bytes)
        }
        for field in own { Self.write(field.name, field.value, to: &bytes) }
        switch framing {
        case .length(let length):
            bytes.append(utf8: "content-length: ")
            bytes.append(decimal: length)
            bytes.append(utf8: "\r\n")
        case .chunked: bytes.append(utf8: "transfer-encoding: chunked\r\n")
        case .untilClose: break
        }
        Self.write("date", HTTPDate.now, to: &bytes)
        Self.write("server", server, to: &bytes)
        if isLast { bytes.append(utf8: "connection: close\r\n") }
        bytes.append(utf8: "\r\n")
        buffer.writeBytes(bytes)
    }

    /// Writes the head of an answer that comes with all of its fields, except for that about chunks.
    static func write(_ head: HTTPResponse, isChunked: Bool, to buffer: inout ByteBuffer) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512)
        write(head.status, to: &bytes)
        for field in head.headerFields { write(field.name.rawName, field.value, to: &bytes) }
        if isChunked { bytes.append(utf8: "transfer-encoding: chunked\r\n") }
        bytes.append(utf8: "\r\n")
        buffer.writeBytes(bytes)
    }

    private static func write(_ status: HTTPResponse.Status, to bytes: inout [UInt8]) {
        bytes.append(utf8: "HTTP/1.1 ")
        bytes.append(decimal: status.code)
        bytes.append(utf8: " ")
        bytes += status.reasonPhrase.utf8
        bytes.append(utf8: "\r\n")
    }

    private static func write(_ name: String, _ value: String, to bytes: inout [UInt8]) {
        bytes += name.utf8
        bytes.append(utf8: ": ")
        bytes += value.utf8
        bytes.append(utf8: "\r\n")
    }
}

extension ByteBuffer {
    /// Appends a part of a body as a chunk (RFC 9112, 7.1); nothing for an empty one, which would be the end.
    mutating func writeChunk(_ bytes: ByteBuffer) {
        guard bytes.readableBytes > 0 else { return }
        writeString(String(bytes.readableBytes, radix: 16))
        writeStaticString("\r\n")
        writeImmutableBuffer(bytes)
        writeStaticString("\r\n")
    }

    /// Appends the end of a body in chunks.
    mutating func writeLastChunk() {
        writeStaticString("0\r\n\r\n")
    }
}
