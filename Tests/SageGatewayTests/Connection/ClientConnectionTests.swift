import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import SageLLM
import Testing

@testable import SageGateway

/// The handler that hands requests to the task of a connection, with its answers.
struct ClientConnectionTests {
    /// A connection in memory, whose event loop takes tasks.
    private struct Fixture {
        let channel = NIOAsyncTestingChannel()
        let monitor = ConnectionMonitor()
        let connection: ClientConnection

        init(maxBodyBytes: Int = 64) async throws {
            let (channel, monitor) = (channel, monitor)
            connection = try await channel.eventLoop.submit {
                let limits = ConnectionGuard.Limits(
                    request: .seconds(60), unreadAnswer: .seconds(60), maxHeaderBytes: 4_096,
                    maxBodyBytes: maxBodyBytes)
                let guardian = ConnectionGuard(
                    registry: ConnectionRegistry(), limits: limits, accessLog: LogRecorder().logger
                ) { nil }
                var server = GatewayConfiguration.Server()
                server.allowedOrigins = ["https://app.example"]
                let inbox = RequestInbox(
                    guardian: guardian, origin: OriginCheck(server, try ClientKeys([])), maxBodyBytes: maxBodyBytes,
                    idleTimeout: .seconds(60), serverName: "sage")
                try channel.pipeline.syncOperations.addHandlers([guardian, inbox])
                inbox.outlet = try channel.pipeline.syncOperations.context(handler: guardian)
                return ClientConnection(channel, inbox, monitor: monitor)
            }.get()
            try await channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1))
        }

        func head(_ path: String, _ fields: HTTPFields = [:]) async throws {
            var head = RequestParser.Head(
                HTTPRequest(method: .post, scheme: "http", authority: "h", path: path, headerFields: fields))
            head.contentLength = fields[.contentLength].flatMap { Int($0) }
            head.isClosing = fields[.connection] == "close"
            try await channel.writeInbound(RequestParser.Part.head(head))
        }

        func body(_ text: String) async throws {
            try await channel.writeInbound(RequestParser.Part.body(ByteBuffer(string: text)))
        }

        func end() async throws {
            try await channel.writeInbound(RequestParser.Part.end)
        }

        /// Answers each request with its path and body, until there are no more.
        func serve() async -> Int {
            await connection.onEventLoop { [connection] in
                var count = 0
                while let head = await connection.nextRequest() {
                    let body = try? await connection.body(limit: 64)
                    let text = (head.path ?? "") + (body.map { String(buffer: $0) } ?? "!")
                    connection.write(AnswerHead(status: .ok, fields: [:]), ByteBuffer(string: text))
                    count += 1
                    guard connection.answered() else { break }
                }
                return count
            }
        }

        /// The bodies of what has been answered.
        func answers(_ count: Int) async throws -> [String] {
            var bodies: [String] = []
            for _ in 0..<count {
                let bytes = String(buffer: try await channel.waitForOutboundWrite(as: ByteBuffer.self))
                let end = bytes.firstRange(of: "\r\n\r\n")?.upperBound ?? bytes.startIndex
                bodies.append(String(bytes[end...]))
            }
            return bodies
        }
    }

    @Test func requestsAreAnsweredInTheirOrder() async throws {
        let fixture = try await Fixture()
        async let count = fixture.serve()
        for path in ["/a", "/b", "/c"] {
            try await fixture.head(path)
            try await fixture.body("1")
            try await fixture.body("2")
            try await fixture.end()
        }
        #expect(try await fixture.answers(3) == ["/a12", "/b12", "/c12"])
        try await fixture.channel.close()
        #expect(await count == 3)
    }

    @Test func bodyThatAnnouncesTooMuchIsRefusedUnread() async throws {
        let fixture = try await Fixture()
        async let count = fixture.serve()
        try await fixture.head("/large", [.contentLength: "65"])
        #expect(try await fixture.answers(1) == ["/large!"])
        // Its rest is read and thrown away; the next request is answered.
        try await fixture.body("rest")
        try await fixture.end()
        try await fixture.head("/next")
        try await fixture.end()
        #expect(try await fixture.answers(1) == ["/next"])
        try await fixture.channel.close()
        #expect(await count == 2)
    }

    @Test func bodyThatGrowsTooLargeIsRefused() async throws {
        let fixture = try await Fixture()
        async let count = fixture.serve()
        try await fixture.head("/grows")
        for _ in 0..<9 { try await fixture.body("12345678") }
        #expect(try await fixture.answers(1) == ["/grows!"])
        try await fixture.channel.close()
        #expect(await count == 1)
    }

    @Test func clientThatWantsTheConnectionClosedGetsItsAnswerFirst() async throws {
        let fixture = try await Fixture()
        async let count = fixture.serve()
        try await fixture.head("/last", [.connection: "close"])
        try await fixture.end()
        let bytes = String(buffer: try await fixture.channel.waitForOutboundWrite(as: ByteBuffer.self))
        #expect(bytes.contains("connection: close\r\n"))
        #expect(await count == 1)
    }

    @Test func clientThatGoesEndsTheWaiting() async throws {
        let fixture = try await Fixture()
        async let count = fixture.serve()
        try await fixture.head("/half")
        try await fixture.body("1")
        try await fixture.channel.close()
        #expect(await count <= 1)
    }

    /// A page may read what it may ask for; its browser believes the answer's head.
    @Test(arguments: ["https://app.example", "http://localhost:3000", "https://evil.example"])
    func answerTellsThePagesThatMayReadIt(origin: String) async throws {
        let fixture = try await Fixture()
        async let count = fixture.serve()
        let isAllowed = origin != "https://evil.example"
        for isPage in [true, false] {
            try await fixture.head("/a", isPage ? [.origin: origin] : [:])
            try await fixture.end()
            let answer = String(buffer: try await fixture.channel.waitForOutboundWrite(as: ByteBuffer.self))
            let isTold = isPage && isAllowed
            #expect(answer.contains("Access-Control-Allow-Origin: \(origin)\r\n") == isTold)
            #expect(answer.contains("Vary: origin\r\n") == isTold)
        }
        try await fixture.channel.close()
        #expect(await count == 2)
    }

    @Test func streamThatBeginsWithPingsTellsItOnce() async throws {
        let fixture = try await Fixture()
        let channel = fixture.channel
        try await fixture.head("/a", [.origin: "https://app.example"])
        try await fixture.end()
        for _ in 0..<2 {
            try await channel.eventLoop.submit {
                let ping = EarlyAnswer(head: HTTPResponse(status: .ok), bytes: ByteBuffer(string: ":\n"))
                channel.triggerUserOutboundEvent(ping, promise: nil)
            }.get()
        }
        var heads: [HTTPResponse] = []
        for _ in 0..<3 {
            let part = try await channel.waitForOutboundWrite(as: HTTPResponsePart.self)
            if case .head(let head) = part { heads.append(head) }
        }
        #expect(heads.map { $0.headerFields[values: .accessControlAllowOrigin] } == [["https://app.example"]])
        try await channel.close()
    }

    @Test func stopEndsTheWaitingForRequests() async throws {
        let fixture = try await Fixture()
        async let count = fixture.serve()
        await fixture.connection.onEventLoop { [connection = fixture.connection] in connection.stop() }
        #expect(await count == 0)
    }
}
