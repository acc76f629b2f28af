import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import TestSupport

/// A server on a free port of this machine that answers with whatever bytes a test wants.
final class RawServer: Sendable {
    /// What to do about one request.
    enum Reply: Sendable {
        case bytes(String)
        /// Sends one byte after the other.
        case drip(String)
        case bytesThenClose(String)
        case bytesThenReset(String)
        case close
        case reset
        case silence
        /// Anything else.
        case act(@Sendable (any Channel) -> Void)
    }

    /// A request as it arrived.
    struct Request: Sendable {
        /// Counts connections from 0.
        let connection: Int
        /// Counts the requests of the connection from 0.
        let number: Int
        let head: String
        let bodyBytes: Int
    }

    let requests: AsyncStream<Request>
    let connections: AsyncStream<any Channel>
    private let listener: any Channel
    private let accepted = Counter()
    private let isSecure: Bool

    /// - Parameters:
    ///   - greeting: What is sent before anything was asked.
    ///   - script: Tells what to do about each request, as soon as all of it has arrived.
    init(
        tls: NIOSSLContext? = nil, greeting: String? = nil, script: @escaping @Sendable (Request) -> Reply
    ) async throws {
        let (requests, requestArrived) = AsyncStream<Request>.makeStream()
        let (connections, connected) = AsyncStream<any Channel>.makeStream()
        self.requests = requests
        self.connections = connections
        isSecure = tls != nil
        let accepted = accepted
        listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
                    let connection = accepted.value
                    accepted.increment()
                    try pipeline.addHandler(
                        Answering(connection: connection, greeting: greeting) { request in
                            requestArrived.yield(request)
                            return script(request)
                        })
                    connected.yield(channel)
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    /// A server that answers all requests alike.
    convenience init(answer: String) async throws {
        try await self.init { _ in .bytes(answer) }
    }

    /// How many connections were made.
    var connectionCount: Int { accepted.value }

    var port: Int { listener.localAddress?.port ?? 0 }

    /// The URL of a path on the server.
    func url(_ path: String = "/", host: String = "127.0.0.1") -> String {
        "\(isSecure ? "https" : "http")://\(host):\(port)\(path)"
    }

    func nextConnection() async -> (any Channel)? { await connections.first { _ in true } }

    func nextRequest() async -> Request? { await requests.first { _ in true } }

    func close() async throws { try await listener.close() }

    private final class Answering: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let connection: Int
        private let greeting: String?
        private let script: (Request) -> Reply
        private var head: String?
        private var bodyLength = 0
        private var received = ByteBuffer()
        private var number = 0

        init(connection: Int, greeting: String?, script: @escaping (Request) -> Reply) {
            self.connection = connection
            self.greeting = greeting
            self.script = script
        }

        func channelActive(context: ChannelHandlerContext) {
            if let greeting { context.writeAndFlush(NIOAny(ByteBuffer(string: greeting)), promise: nil) }
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var buffer = Self.unwrapInboundIn(data)
            received.writeBuffer(&buffer)
            if head == nil {
                let text = String(buffer: received)
                guard let end = text.range(of: "\r\n\r\n") else { return }
                let head = String(text[..<end.upperBound])
                self.head = head
                let length = head.lowercased().split(separator: "\r\n").first { $0.hasPrefix("content-length: ") }
                bodyLength = length.flatMap { Int($0.dropFirst(16)) } ?? 0
                received.moveReaderIndex(forwardBy: head.utf8.count)
            }
            guard let head, received.readableBytes >= bodyLength else { return }
            let request = Request(connection: connection, number: number, head: head, bodyBytes: bodyLength)
            number += 1
            self.head = nil
            received = ByteBuffer()
            perform(script(request), context)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

        private func perform(_ reply: Reply, _ context: ChannelHandlerContext) {
            let channel = context.channel
            switch reply {
            case .bytes(let text): write(text, context)
            case .drip(let text):
                for byte in text.utf8 {
                    context.writeAndFlush(NIOAny(ByteBuffer(integer: byte)), promise: nil)
                }
            case .bytesThenClose(let text):
                write(text, context)
                context.close(promise: nil)
            case .bytesThenReset(let text):
                write(text, context)
                reset(channel)
            case .close: context.close(promise: nil)
            case .reset: reset(channel)
            case .silence: break
            case .act(let act): act(channel)
            }
        }

        private func write(_ text: String, _ context: ChannelHandlerContext) {
            context.writeAndFlush(NIOAny(ByteBuffer(string: text)), promise: nil)
        }

        private func reset(_ channel: any Channel) {
            guard let socket = channel as? any SocketOptionProvider else { return }
            socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in channel.close(promise: nil) }
        }
    }
}
