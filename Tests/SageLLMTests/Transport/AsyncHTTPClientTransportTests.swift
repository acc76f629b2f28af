import NIOCore
import NIOPosix
import NIOSSL
import TestSupport
import Testing

@testable import SageLLM

struct AsyncHTTPClientTransportTests {
    /// Accepts connections on a free port and sends the beginning of an answer to whatever arrives.
    final class Server: Sendable {
        let accepted: AsyncStream<any Channel>
        private let listener: any Channel

        init(answer: String) async throws {
            let (accepted, continuation) = AsyncStream<any Channel>.makeStream()
            self.accepted = accepted
            listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(Answering(answer))
                        continuation.yield(channel)
                    }
                }
                .bind(host: "127.0.0.1", port: 0).get()
        }

        var request: UpstreamRequest { UpstreamRequest(url: "http://127.0.0.1:\(listener.localAddress?.port ?? 0)/") }

        func nextConnection() async throws -> any Channel {
            try #require(await accepted.first { _ in true })
        }

        func close() async throws { try await listener.close() }
    }

    final class Answering: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let answer: String

        init(_ answer: String) { self.answer = answer }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            context.writeAndFlush(NIOAny(ByteBuffer(string: answer)), promise: nil)
        }
    }

    static let head = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n"

    @Test func transportThatWasNeverUsedCanBeDropped() {
        _ = AsyncHTTPClientTransport()
    }

    @Test func droppedTransportClosesItsConnections() async throws {
        let server = try await Server(answer: Self.head + "ab")
        do {
            let transport = AsyncHTTPClientTransport()
            let body = try await transport.send(server.request).body
            #expect(String(buffer: try await body.collect(upTo: 10)) == "ab")
        }
        // Would never end if the connection stayed in the pool.
        try await server.nextConnection().closeFuture.get()
        try await server.close()
    }

    @Test func streamOutlivesTheTransportThatWasDropped() async throws {
        let server = try await Server(answer: Self.head + "a")
        let body = try await AsyncHTTPClientTransport().send(server.request).body
        let connection = try await server.nextConnection()
        #expect(try await body.next().map { String(buffer: $0) } == "a")
        try await connection.writeAndFlush(ByteBuffer(string: "b"))
        #expect(try await body.next().map { String(buffer: $0) } == "b")
        #expect(try await body.next() == nil)
        try await server.close()
    }

    @Test(arguments: [false, true])
    func shutDownTransportRefuses(isUsed: Bool) async throws {
        let server = try await Server(answer: Self.head + "ab")
        let transport = AsyncHTTPClientTransport()
        if isUsed { _ = try await transport.send(server.request).body.collect(upTo: 10) }
        await transport.shutdown()
        await transport.shutdown()
        await #expect(throws: UpstreamFailure.cancelled) { try await transport.send(server.request) }
        try await server.close()
    }

    @Test(
        "only what fails in the handshake was certainly not sent",
        arguments: [
            (NIOSSLError.handshakeFailed(.zeroReturn) as any Error, ProviderError.TransportFailure.tlsHandshake),
            (NIOSSLExtraError.failedToValidateHostname, .tlsHandshake),
            (NIOSSLError.readInInvalidTLSState, .protocolViolation),
            (NIOSSLError.uncleanShutdown, .connectionClosed),
        ])
    func tlsErrors(_ error: any Error, _ expected: ProviderError.TransportFailure) {
        guard case .connection(let failure, _) = UpstreamFailure(error) else {
            Issue.record("not a failure of the connection: \(UpstreamFailure(error))")
            return
        }
        #expect(failure == expected)
        #expect(failure.isNotSent == (expected == .tlsHandshake))
    }

    /// Whichever comes first, the sender gets an answer.
    @Test func requestThatMeetsAShutdownEnds() async throws {
        let server = try await Server(answer: Self.head + "ab")
        let ended = Counter()
        for _ in 0..<50 {
            let transport = AsyncHTTPClientTransport()
            _ = try await transport.send(server.request).body.collect(upTo: 10)
            await withTaskGroup { group in
                for _ in 0..<4 {
                    group.addTask {
                        // How it fails depends on how far the request got; without an end the test hangs here.
                        let response = try? await transport.send(server.request)
                        response?.body.cancel()
                        ended.increment()
                    }
                }
                group.addTask { await transport.shutdown() }
            }
        }
        #expect(ended.value == 200)
        try await server.close()
    }
}
