import HTTPTypes
import NIOCore
import NIOPosix
import NIOSSL
import TestSupport
import Testing

@testable import SageLLM

/// Peers that do not do what they should, and answers that are unusual.
struct PooledTransportPeerTests {
    let transport: PooledTransport

    init() throws {
        // Longer than a busy machine needs for a test.
        transport = try PooledTransport(
            PooledTransportConfiguration(connectTimeout: .seconds(600), idleTimeout: .seconds(600)))
    }

    /// Sends a request and reads all of the answer.
    func exchange(_ request: UpstreamRequest) async throws(UpstreamFailure) -> (status: Int, body: String) {
        let response = try await transport.send(request)
        return (response.status, String(buffer: try await response.body.collect(upTo: 1 << 20)))
    }

    func failure(_ request: UpstreamRequest) async -> UpstreamFailure? {
        do throws(UpstreamFailure) {
            let answer = try await exchange(request)
            Issue.record("answered: \(answer)")
            return nil
        } catch {
            return error
        }
    }

    // MARK: Valid answers

    @Test(arguments: AnswerText.valid)
    func validAnswersAreRead(text: String, body: String) async throws {
        let server = try await RawServer { _ in .bytesThenClose(text) }
        #expect(try await exchange(UpstreamRequest(url: server.url())).body == body)
        try await server.close()
    }

    @Test(arguments: AnswerText.valid)
    func answersThatDripAreRead(text: String, body: String) async throws {
        let server = try await RawServer { request in
            .act { channel in
                for byte in text.utf8 { channel.writeAndFlush(ByteBuffer(integer: byte), promise: nil) }
                channel.close(promise: nil)
            }
        }
        #expect(try await exchange(UpstreamRequest(url: server.url())).body == body)
        try await server.close()
    }

    @Test func answerToHEADHasNoBodyAndKeepsItsConnection() async throws {
        let server = try await RawServer(answer: AnswerText.head("Content-Length: 5"))
        for _ in 0..<3 {
            #expect(try await exchange(UpstreamRequest(method: .head, url: server.url())).body.isEmpty)
        }
        try await server.close()
    }

    @Test func requestArrivesAsItIs() async throws {
        let server = try await RawServer(answer: AnswerText.fixed)
        _ = try await exchange(
            UpstreamRequest(url: server.url("/v1/x?y"), headers: [.authorization: "Bearer k"], body: buffer("abc")))
        let request = try #require(await server.nextRequest())
        #expect(
            request.head == "POST /v1/x?y HTTP/1.1\r\nAuthorization: Bearer k\r\nhost: 127.0.0.1:\(server.port)\r\n"
                + "accept-encoding: identity\r\ncontent-length: 3\r\n\r\n")
        #expect(request.bodyBytes == 3)
        try await server.close()
    }

    @Test func largeRequestIsSentWhole() async throws {
        let server = try await RawServer { .bytes(AnswerText.head("Content-Length: 8") + "\($0.bodyBytes)") }
        let request = UpstreamRequest(
            url: server.url(), body: ByteBuffer(repeating: 1, count: 32 << 20),
            eventLoop: MultiThreadedEventLoopGroup.singleton.next())
        for _ in 0..<2 { #expect(try await exchange(request).body == "33554432") }
        #expect(server.connectionCount == 1)
        try await server.close()
    }

    @Test func answerBeforeTheRequestIsWrittenIsDeliveredAndTheConnectionClosed() async throws {
        // Nothing is read, so that most of the request stays where it is.
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        Impatient(AnswerText.head("Content-Length: 2", status: "413 Too Large") + "no"))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let url = "http://127.0.0.1:\(listener.localAddress?.port ?? 0)/"
        let answer = try await exchange(UpstreamRequest(url: url, body: ByteBuffer(repeating: 0, count: 64 << 20)))
        #expect(answer == (413, "no"))
        #expect(await transport.counts() == .init())
        try await listener.close()
    }

    /// Answers as soon as somebody is there.
    final class Impatient: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let answer: String

        init(_ answer: String) { self.answer = answer }

        func channelActive(context: ChannelHandlerContext) {
            context.writeAndFlush(NIOAny(ByteBuffer(string: answer)), promise: nil)
        }
    }

    // MARK: Invalid answers

    @Test(arguments: ResponseParserTests.malformed)
    func malformedAnswersBreakTheProtocol(text: String) async throws {
        let server = try await RawServer { _ in .bytesThenClose(text) }
        guard case .connection(.protocolViolation, let detail)? = await failure(UpstreamRequest(url: server.url()))
        else {
            Issue.record("another failure")
            return
        }
        #expect(detail?.isEmpty == false)
        try await server.close()
    }

    @Test(arguments: [
        ("SSH-2.0-OpenSSH_9.6\r\n", "SSH"), ("\u{0}\u{0}\u{0}\u{4}\u{0}\u{0}\u{0}\u{0}\u{0}", "HTTP/2"),
        ("\u{15}\u{3}\u{1}\u{0}\u{2}\u{2}\u{46}", "TLS"),
    ])
    func otherProtocolsAreNamed(text: String, name: String) async throws {
        let server = try await RawServer(answer: text)
        let failure = await failure(UpstreamRequest(url: server.url()))
        #expect(
            failure == .connection(.protocolViolation, detail: "the peer speaks \(name), not HTTP/1.1"))
        try await server.close()
    }

    @Test func serverThatSpeaksFirstIsRefused() async throws {
        let server = try await RawServer(greeting: "SSH-2.0-OpenSSH_9.6\r\n") { _ in .silence }
        guard case .connection(let failure, _)? = await failure(UpstreamRequest(url: server.url())) else { return }
        // It may speak before the request is on its way: the connection is then closed unused.
        #expect([.protocolViolation, .connectFailed, .connectionClosed, .connectionReset].contains(failure))
        try await server.close()
    }

    @Test func encodedAnswerNobodyAskedForIsRefused() async throws {
        let server = try await RawServer(answer: AnswerText.head("Content-Encoding: gzip", "Content-Length: 2") + "ab")
        guard case .connection(.protocolViolation, let detail)? = await failure(UpstreamRequest(url: server.url()))
        else {
            Issue.record("another failure")
            return
        }
        #expect(detail == "the answer is encoded (gzip) without being asked")
        let asking = UpstreamRequest(url: server.url(), headers: [.acceptEncoding: "gzip"])
        #expect(try await exchange(asking).body == "ab")
        try await server.close()
    }

    @Test func statusOfAnEncodedErrorIsKept() async throws {
        let server = try await RawServer(
            answer: AnswerText.head("Content-Encoding: gzip", "Content-Length: 2", status: "429 Slow Down") + "ab")
        #expect(try await exchange(UpstreamRequest(url: server.url())) == (429, ""))
        try await server.close()
    }

    // MARK: Connections that break

    @Test(arguments: [
        (RawServer.Reply.close, ProviderError.TransportFailure.connectionClosed),
        (.reset, .connectionReset),
        (.bytesThenClose("HTTP/1.1 200 OK\r\nContent-"), .connectionClosed),
        (.bytesThenClose(AnswerText.head("Content-Length: 5") + "hell"), .connectionClosed),
        (.bytesThenReset(AnswerText.head("Content-Length: 5") + "hell"), .connectionReset),
        (.bytesThenClose(AnswerText.head("Transfer-Encoding: chunked") + "5\r\nhello\r\n"), .connectionClosed),
        (.bytesThenClose(AnswerText.head(status: "100 Continue")), .connectionClosed),
    ])
    func brokenConnectionIsTold(reply: RawServer.Reply, expected: ProviderError.TransportFailure) async throws {
        let server = try await RawServer { _ in reply }
        // A request that was sent is never taken for one that was not, on new connections and on used ones.
        for _ in 0..<2 {
            guard case .connection(let failure, _)? = await failure(UpstreamRequest(url: server.url())) else { return }
            #expect(failure == expected)
            #expect(!failure.isNotSent)
        }
        try await server.close()
    }

    @Test func usedConnectionThatBreaksIsNotTriedAgain() async throws {
        let server = try await RawServer { $0.number == 0 ? .bytes(AnswerText.fixed) : .close }
        var request = UpstreamRequest(url: server.url())
        request.eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        _ = try await exchange(request)
        #expect(await failure(request) == .connection(.connectionClosed))
        #expect(server.connectionCount == 1)
        try await server.close()
    }

    @Test func refusedConnectionWasNotSent() async throws {
        // Below the ports that the system hands out: no server of another test can listen there.
        guard case .connection(.connectFailed, _)? = await failure(UpstreamRequest(url: "http://127.0.0.1:1/")) else {
            Issue.record("another failure")
            return
        }
    }

    @Test func unknownHostIsTold() async throws {
        guard case .connection(let failure, _)? = await failure(UpstreamRequest(url: "http://does-not-exist.invalid/"))
        else { return }
        #expect(failure == .nameResolution)
    }

    @Test(arguments: ["ftp://h/", "http://h/ x", "h"])
    func requestThatCannotBeSentIsRefused(url: String) async throws {
        guard case .invalidRequest? = await failure(UpstreamRequest(url: url)) else {
            Issue.record("another failure")
            return
        }
    }

    // MARK: Back-pressure

    @Test func unreadBytesAreBoundedHoweverMuchThePeerSends() async throws {
        let length = 64 << 20
        let server = try await RawServer { request in
            guard request.head.hasPrefix("GET") else { return .bytes(AnswerText.fixed) }
            return .act { channel in
                channel.writeAndFlush(buffer(AnswerText.head("Content-Length: \(length)")), promise: nil)
                channel.writeAndFlush(ByteBuffer(repeating: 7, count: length), promise: nil)
            }
        }
        let body = try await transport.send(UpstreamRequest(method: .get, url: server.url())).body
        // Time for the peer to send more than it may.
        for _ in 0..<100 { _ = try await exchange(UpstreamRequest(url: server.url())) }
        var received = 0
        var most = body.unreadBytes
        while let part = try await body.next(within: .seconds(60)) {
            received += part.readableBytes
            most = max(most, body.unreadBytes)
        }
        #expect(received == length)
        // The mark, and what one reading of the socket brings at most.
        #expect(most <= 256 << 10 + 4 * 64 << 10, "\(most)")
        #expect(most > 0)
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
}
