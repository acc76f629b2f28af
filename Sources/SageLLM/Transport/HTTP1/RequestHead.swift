import HTTPTypes
import NIOCore

/// Writes the head of a request.
///
/// Names and values cannot break a line: `HTTPField` holds tokens and values without CR, LF and NUL only.
enum RequestHead {
    /// What a head says about the answer and the connection.
    struct Traits: Sendable, Equatable {
        /// Whether the answer has no body.
        var isBodyless = false
        /// Whether the connection ends with the answer.
        var isClosing = false
        /// Whether the caller accepts a body that is encoded.
        var acceptsEncoding = false
    }

    /// Writes the head to the end of a buffer.
    ///
    /// A field of the caller is never repeated: its own Host, Content-Length and Accept-Encoding take the place of ours.
    static func write(
        _ request: UpstreamRequest, to target: UpstreamURL, into buffer: inout ByteBuffer
    ) throws(UpstreamFailure) -> Traits {
        guard request.method != .connect else { throw .invalidRequest(detail: "CONNECT is not supported") }
        var traits = Traits(isBodyless: request.method == .head)
        buffer.writeString(request.method.rawValue)
        buffer.writeImmutableBuffer(target.requestLine)
        var hasHost = false
        var hasLength = false
        var hasAcceptEncoding = false
        for field in request.headers {
            let name = field.name.canonicalName
            switch name.utf8.count {
            case 4 where name == "host":
                guard !hasHost else { throw .invalidRequest(detail: "the field Host is there twice") }
                hasHost = true
            case 7 where name == "upgrade", 17 where name == "transfer-encoding":
                throw .invalidRequest(detail: "the field \(field.name.rawName) belongs to the transport")
            case 10 where name == "connection":
                traits.isClosing = traits.isClosing || field.value.lowercased().contains("close")
            case 14 where name == "content-length":
                guard !hasLength, Int(field.value) == request.body.readableBytes else {
                    throw .invalidRequest(detail: "the field Content-Length is not the length of the body")
                }
                hasLength = true
            case 15 where name == "accept-encoding":
                hasAcceptEncoding = true
                if field.value.lowercased() != "identity" { traits.acceptsEncoding = true }
            default: break
            }
            buffer.writeString(field.name.rawName)
            buffer.writeStaticString(": ")
            field.withUnsafeBytesOfValue { _ = buffer.writeBytes(UnsafeRawBufferPointer($0)) }
            buffer.writeStaticString("\r\n")
        }
        if !hasHost { buffer.writeImmutableBuffer(target.hostField) }
        if !hasAcceptEncoding { buffer.writeStaticString("accept-encoding: identity\r\n") }
        // A length of 0 tells servers of methods that expect a body that there is none.
        if !hasLength, request.body.readableBytes > 0 || request.method.expectsBody {
            buffer.writeStaticString("content-length: ")
            buffer.writeDecimal(request.body.readableBytes)
            buffer.writeStaticString("\r\n")
        }
        buffer.writeStaticString("\r\n")
        return traits
    }
}

extension HTTPRequest.Method {
    fileprivate var expectsBody: Bool { self == .post || self == .put || self == .patch }
}

extension ByteBuffer {
    fileprivate mutating func writeDecimal(_ number: Int) {
        guard number >= 10 else {
            writeInteger(UInt8(ascii: "0") + UInt8(number))
            return
        }
        writeDecimal(number / 10)
        writeInteger(UInt8(ascii: "0") + UInt8(number % 10))
    }
}
