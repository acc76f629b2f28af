import NIOCore
import NIOPosix
import NIOSSL
import Testing

@testable import SageLLM

struct PooledTransportTLSTests {
    /// Trusts no authority but the system's.
    let untrusting = PooledTransport(connectTimeout: .seconds(600))

    func failure(_ transport: PooledTransport, _ url: String) async -> UpstreamFailure? {
        do throws(UpstreamFailure) {
            _ = try await transport.send(UpstreamRequest(url: url))
            return nil
        } catch {
            return error
        }
    }

    func trusting(_ identity: TestIdentity, connectTimeout: Duration = .seconds(600)) async throws -> PooledTransport {
        try await identity.withCertificateFile { file in
            try PooledTransport(
                PooledTransportConfiguration(
                    connectTimeout: connectTimeout, idleTimeout: .seconds(600), certificateAuthorities: file),
                group: MultiThreadedEventLoopGroup.singleton.next())
        }
    }

    @Test(arguments: ["localhost", "127.0.0.1"])
    func trustedServerIsSpokenTo(host: String) async throws {
        let server = try await RawServer(tls: TestIdentity.local.serverContext()) {
            .bytes(
                AnswerText.head("Content-Length: 8") + String(repeating: "x", count: 8 - "\($0.bodyBytes)".count)
                    + "\($0.bodyBytes)")
        }
        let transport = try await trusting(.local)
        for size in [0, 100, 3 << 20] {
            let request = UpstreamRequest(url: server.url(host: host), body: ByteBuffer(repeating: 1, count: size))
            let body = try await transport.send(request).body.collect(upTo: 100)
            #expect(String(buffer: body).hasSuffix("\(size)"))
        }
        #expect(server.connectionCount == 1)
        await transport.shutdown()
        try await server.close()
    }

    @Test func unknownAuthorityIsRefused() async throws {
        let server = try await RawServer(tls: TestIdentity.local.serverContext()) { _ in .silence }
        guard case .connection(.tlsHandshake, let detail)? = await failure(untrusting, server.url()) else {
            Issue.record("another failure")
            return
        }
        #expect(detail?.contains("CERTIFICATE_VERIFY_FAILED") == true)
        try await server.close()
    }

    @Test(arguments: ["localhost", "127.0.0.1"])
    func certificateForAnotherHostIsRefused(host: String) async throws {
        let server = try await RawServer(tls: TestIdentity.elsewhere.serverContext()) { _ in .silence }
        guard
            case .connection(.tlsHandshake, _)? = await failure(try await trusting(.elsewhere), server.url(host: host))
        else {
            Issue.record("another failure")
            return
        }
        try await server.close()
    }

    @Test func serverWithoutTLSIsRefused() async throws {
        let server = try await RawServer(greeting: "HTTP/1.1 400 Bad Request\r\n\r\n") { _ in .close }
        let url = "https://127.0.0.1:\(server.port)/"
        let failure = await failure(untrusting, url)
        guard case .connection(.tlsHandshake, _)? = failure else {
            Issue.record("\(failure as Any)")
            return
        }
        try await server.close()
    }

    @Test func serverThatEndsTheHandshakeIsTold() async throws {
        let listener = try await RawServer(greeting: "") { _ in .silence }
        let transport = try await trusting(.local)
        let task = Task { await failure(transport, "https://127.0.0.1:\(listener.port)/") }
        try await listener.nextConnection()?.close()
        guard case .connection(.tlsHandshake, _)? = await task.value else {
            Issue.record("\(await task.value as Any)")
            return
        }
        #expect(await transport.counts() == .init())
        try await listener.close()
    }

    @Test func handshakeCountsAgainstTheConnectTimeout() async throws {
        let silent = try await RawServer { _ in .silence }
        let transport = try await trusting(.local, connectTimeout: .milliseconds(50))
        #expect(await failure(transport, "https://127.0.0.1:\(silent.port)/") == .connectTimeout)
        try await silent.nextConnection()?.closeFuture.get()
        try await silent.close()
    }

    @Test func cancelWithinTheHandshakeEndsTheWait() async throws {
        let silent = try await RawServer { _ in .silence }
        let transport = try await trusting(.local)
        let task = Task { await failure(transport, "https://127.0.0.1:\(silent.port)/") }
        _ = await silent.nextConnection()
        task.cancel()
        #expect(await task.value == .cancelled)
        #expect(await transport.counts().waiting == 0)
        try await silent.close()
    }

    @Test func answerWithoutLengthEndsWithTheConnection() async throws {
        let server = try await RawServer(tls: TestIdentity.local.serverContext()) { _ in
            .bytesThenClose(AnswerText.head() + "part")
        }
        let body = try await trusting(.local).send(UpstreamRequest(url: server.url())).body
        #expect(try await body.collect(upTo: 10) == buffer("part"))
        try await server.close()
    }

    /// Anybody on the way can cut a connection, only the server can say that it is the end.
    @Test func answerWithoutLengthThatIsCutIsIncomplete() async throws {
        let server = try await RawServer(tls: TestIdentity.local.serverContext()) { _ in
            .act { channel in
                channel.writeAndFlush(buffer(AnswerText.head() + "part"), promise: nil)
                // From below TLS, which would announce the end.
                try? channel.pipeline.syncOperations.context(handlerType: NIOSSLServerHandler.self).close(promise: nil)
            }
        }
        let body = try await trusting(.local).send(UpstreamRequest(url: server.url())).body
        await #expect(throws: UpstreamFailure.connection(.connectionClosed)) { try await body.collect(upTo: 10) }
        try await server.close()
    }
}
