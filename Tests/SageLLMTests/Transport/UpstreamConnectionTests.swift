import NIOCore
import NIOEmbedded
import NIOPosix
import Testing

@testable import SageLLM

/// What a connection does when its channel behaves in ways that are hard to bring about with sockets.
struct UpstreamConnectionTests {
    /// Loses what is written from the so-manieth write on.
    final class Losing: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer
        private var kept: Int

        init(keeping kept: Int) { self.kept = kept }

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            guard kept <= 0 else {
                kept -= 1
                return context.write(data, promise: promise)
            }
            promise?.fail(IOError(errnoCode: EPIPE, reason: "write"))
            context.close(promise: nil)
        }
    }

    let connection = UpstreamConnection(isSecure: false)
    let body = UpstreamBody(awaitingHeadUntil: nil)

    func channel(losingAfter kept: Int = .max) throws -> EmbeddedChannel {
        let channel = EmbeddedChannel(handlers: [Losing(keeping: kept), connection])
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 80)).wait()
        return channel
    }

    func request(body: String = "body") -> PreparedRequest {
        PreparedRequest(head: buffer("head\r\n\r\n"), body: buffer(body), traits: RequestHead.Traits())
    }

    @Test(arguments: [(0, ProviderError.TransportFailure.closedBeforeRequest), (1, .connectionClosed)])
    func onlyARequestWithoutItsHeadWasCertainlyNotSent(
        writes: Int, expected: ProviderError.TransportFailure
    ) async throws {
        let channel = try channel(losingAfter: writes)
        #expect(connection.start(request(), body))
        channel.embeddedEventLoop.run()
        await #expect(throws: UpstreamFailure.connection(expected)) { try await body.response() }
    }

    @Test func headAndBodyAreWrittenBeforeStartReturns() throws {
        let channel = try channel()
        #expect(connection.start(request(), body))
        #expect(try channel.readOutbound(as: ByteBuffer.self) == buffer("head\r\n\r\n"))
        #expect(try channel.readOutbound(as: ByteBuffer.self) == buffer("body"))
        _ = try channel.finish(acceptAlreadyClosed: true)
    }

    @Test func exchangeThatIsOverDoesNotBegin() throws {
        let channel = try channel()
        body.cancel()
        #expect(!connection.start(request(), body))
        #expect(try channel.readOutbound(as: ByteBuffer.self) == nil)
        #expect(channel.isActive)
        _ = try channel.finish(acceptAlreadyClosed: true)
    }

    @Test func bytesNobodyAskedForCloseTheConnection() throws {
        let channel = try channel()
        try channel.writeInbound(buffer("HTTP/1.1 200 OK\r\n\r\n"))
        #expect(!channel.isActive)
    }

    @Test func cancelOfAnotherExchangeChangesNothing() async throws {
        let channel = try channel()
        #expect(connection.start(request(), body))
        connection.cancel(UpstreamBody(awaitingHeadUntil: nil))
        #expect(channel.isActive)
        try channel.writeInbound(buffer(AnswerText.fixed))
        #expect(try await body.response().status == 200)
        #expect(try await body.collect(upTo: 10) == buffer("hello"))
    }

    @Test func pausedReaderStopsTheReading() async throws {
        let channel = try channel()
        #expect(connection.start(request(), body))
        try channel.writeInbound(buffer(AnswerText.head("Content-Length: 1000000")))
        for _ in 0..<3 { try channel.writeInbound(ByteBuffer(repeating: 0, count: 100_000)) }
        #expect(body.unreadBytes == 300_000)
        // Reading half of it makes it go on.
        _ = try await body.response()
        while body.unreadBytes > 100_000 { _ = try await body.next() }
        try channel.writeInbound(ByteBuffer(repeating: 0, count: 700_000))
        #expect(try await body.collect(upTo: 1_000_000).readableBytes == 800_000)
    }
}
