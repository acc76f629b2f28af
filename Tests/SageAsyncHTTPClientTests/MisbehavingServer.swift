import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// A server on the loopback interface that answers its requests by a script, one reply after the other.
final class MisbehavingServer: Sendable {
    enum Reply: Sendable {
        case answer(Int, headers: [(String, String)] = [], body: String = "")
        /// The connection is reset before there is an answer.
        case reset
        /// There is never an answer.
        case hang
        /// The body is announced, begun, and never goes on.
        case stalledBody(Int)
        /// The body is announced, begun and cut.
        case cutBody
    }

    struct Request: Sendable {
        var method: HTTPMethod
        var body = ""
        /// Counts from 1.
        var connection: Int
    }

    private struct State {
        var replies: ArraySlice<Reply>
        var requests: [Request] = []
        var connections = 0
        var watchers: [(count: Int, CheckedContinuation<Void, Never>)] = []
    }

    private let state: Mutex<State>
    private let channel: Mutex<(any Channel)?>

    private init(_ replies: [Reply]) {
        state = Mutex(State(replies: replies[...]))
        channel = Mutex(nil)
    }

    /// Runs a server while a test uses it; where the script has ended it answers 200.
    static func run(
        _ replies: [Reply], _ body: (MisbehavingServer, _ url: String) async throws -> Void
    ) async throws {
        let server = MisbehavingServer(replies)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline(withErrorHandling: false)
                    try channel.pipeline.syncOperations.addHandler(Connection(server))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = channel.localAddress?.port ?? 0
        do {
            try await body(server, "http://127.0.0.1:\(port)/")
        } catch {
            try await channel.close()
            throw error
        }
        try await channel.close()
    }

    /// A port at which nobody listens.
    static func unusedPort() async throws -> Int {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = channel.localAddress?.port ?? 0
        try await channel.close()
        return port
    }

    /// What has arrived in full so far.
    var requests: [Request] { state.withLock { $0.requests } }

    /// Waits until so many requests have arrived.
    func received(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isReached = state.withLock { state in
                if state.requests.count >= count { return true }
                state.watchers.append((count, continuation))
                return false
            }
            if isReached { continuation.resume() }
        }
    }

    private func connected() -> Int {
        state.withLock { state in
            state.connections += 1
            return state.connections
        }
    }

    private func reply(to request: Request) -> Reply {
        let (reply, reached) = state.withLock { state in
            state.requests.append(request)
            let count = state.requests.count
            let reached = state.watchers.filter { $0.count <= count }
            state.watchers.removeAll { $0.count <= count }
            return (state.replies.popFirst() ?? .answer(200), reached)
        }
        for (_, continuation) in reached { continuation.resume() }
        return reply
    }

    private final class Connection: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let server: MisbehavingServer
        private var number = 0
        private var request: Request?

        init(_ server: MisbehavingServer) { self.server = server }

        func channelActive(context: ChannelHandlerContext) {
            number = server.connected()
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): request = Request(method: head.method, connection: number)
            case .body(let part): request?.body += String(buffer: part)
            case .end:
                guard let request = request.take() else { return }
                perform(server.reply(to: request), context)
            }
        }

        private func perform(_ reply: Reply, _ context: ChannelHandlerContext) {
            switch reply {
            case .answer(let status, let headers, let body):
                // The length must not be said where there can be no body.
                let length = status == 204 ? [] : [("content-length", String(body.utf8.count))]
                write(status, headers + length, body, context)
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            case .reset:
                // What is closed like this sends a reset in place of an end.
                let options = context.channel as? any SocketOptionProvider
                _ = options?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
                context.close(promise: nil)
            case .hang:
                break
            case .stalledBody(let status):
                write(status, [("content-length", "100")], "some", context)
                context.flush()
            case .cutBody:
                write(200, [("content-length", "100")], "some", context)
                context.flush()
                context.close(promise: nil)
            }
        }

        private func write(
            _ status: Int, _ headers: [(String, String)], _ body: String, _ context: ChannelHandlerContext
        ) {
            let head = HTTPResponseHead(
                version: .http1_1, status: HTTPResponseStatus(statusCode: status), headers: HTTPHeaders(headers))
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            if !body.isEmpty {
                context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: body)))), promise: nil)
            }
        }
    }
}
