import HTTPTypes
import NIOCore
import NIOHTTPTypes
import SageLLM

/// Reads the requests of a connection, and writes the answers of the framework and those of the connection's guard.
final class ServerCodec: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = RequestParser.Part
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = ByteBuffer

    /// How the body of the answer that is being written is told from what follows.
    private enum Body {
        case plain, chunked
        /// The status means that there is none.
        case none
    }

    private var parser: RequestParser
    private var isBroken = false
    /// Whether the client speaks HTTP/1.0: it knows no chunks, and waits for the connection to be closed (RFC 9112, 6.1
    /// and 9.3).
    private var isClientOld = false
    private var body = Body.plain

    init(maxHeadBytes: Int) {
        parser = RequestParser(maxHeadBytes: maxHeadBytes)
    }

    // MARK: Requests

    /// The path of the request that is being read, as far as its head has come; nil when nothing looks like one, and
    /// once the head has been read.
    var unreadPath: String? { parser.unreadPath }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isBroken else { return }
        parser.append(Self.unwrapInboundIn(data))
        do throws(HTTPMessageError) {
            while let part = try parser.next() {
                if case .head(let head) = part, head.isOld { isClientOld = true }
                context.fireChannelRead(Self.wrapInboundOut(part))
            }
        } catch {
            isBroken = true
            context.fireErrorCaught(error)
        }
    }

    // MARK: Answers

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        var bytes = ByteBuffer()
        switch Self.unwrapOutboundIn(data) {
        case .head(var head):
            body = body(of: head)
            // There is no length of what there cannot be (RFC 9110, 8.6); the framework announces one.
            if body == .none { head.headerFields[.contentLength] = nil }
            AnswerHead.write(head, isChunked: body == .chunked, to: &bytes)
        case .body(let part):
            switch body {
            case .plain: bytes = part
            case .chunked: bytes.writeChunk(part)
            case .none: break
            }
        case .end:
            if body == .chunked { bytes.writeLastChunk() }
        }
        guard bytes.readableBytes > 0 || promise != nil else { return }
        context.write(Self.wrapOutboundOut(bytes), promise: promise)
    }

    private func body(of head: HTTPResponse) -> Body {
        switch head.status.code {
        case 100..<200, 204, 304: .none
        default: isClientOld || head.headerFields.contains(.contentLength) ? .plain : .chunked
        }
    }
}
