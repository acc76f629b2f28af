import HTTPTypes
import NIOCore
import NIOPosix
import NIOSSL
import SageResilience
import TestSupport
import Testing

@testable import SageLLM

struct PooledTransportTests {
    static let answer = AnswerText.head("Content-Length: 2") + "ab"

    /// The limits of time are longer than a test takes on a busy machine, unless it is about one of them.
    func transport(
        connectTimeout: Duration = .seconds(600), idleTimeout: Duration = .seconds(600), maxConnections: Int = 100,
        maxIdle: Int = 100
    ) throws -> PooledTransport {
        // One event loop, so that its one pool sees all requests.
        try PooledTransport(
            PooledTransportConfiguration(
                connectTimeout: connectTimeout, idleTimeout: idleTimeout, maxConnections: maxConnections,
                maxIdleConnections: maxIdle),
            group: MultiThreadedEventLoopGroup.singleton.next())
    }

    func pool(maxConnections: Int = 100) -> EventLoopPoolReference {
        EventLoopPoolReference(
            MultiThreadedEventLoopGroup.singleton.next(),
            settings: PoolSettings(
                connectTimeout: .seconds(600), idleTimeout: .seconds(600), limits: .init(connections: maxConnections),
                tls: ClientTLS()))
    }

    // MARK: Reuse

    @Test func connectionIsUsedAgain() async throws {
        let server = try await RawServer(answer: Self.answer)
        let transport = try transport()
        for _ in 0..<20 {
            #expect(try await transport.send(UpstreamRequest(url: server.url())).body.collect(upTo: 10) == buffer("ab"))
        }
        #expect(server.connectionCount == 1)
        #expect(await transport.counts() == .init(idle: 1))
        try await server.close()
    }

    @Test func concurrentRequestsHaveConnectionsOfTheirOwn() async throws {
        let server = try await RawServer { request in
            .bytes(
                AnswerText.head("Content-Length: \(request.bodyBytes)")
                    + String(repeating: "x", count: request.bodyBytes))
        }
        let transport = try transport(maxConnections: 8)
        try await withThrowingTaskGroup { group in
            for size in 1...64 {
                group.addTask {
                    let request = UpstreamRequest(url: server.url(), body: ByteBuffer(repeating: 0, count: size))
                    return (size, try await transport.send(request).body.collect(upTo: 100).readableBytes)
                }
            }
            for try await (asked, answered) in group { #expect(asked == answered) }
        }
        #expect(server.connectionCount <= 8)
        let counts = await transport.counts()
        #expect(counts.inUse == 0 && counts.waiting == 0)
        try await server.close()
    }

    @Test(arguments: [
        AnswerText.head("Content-Length: 2", "Connection: close") + "ab",
        AnswerText.head("Content-Length: 2", version: "1.0") + "ab",
        AnswerText.head("Content-Length: 2") + "abHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nsplit",
    ])
    func connectionIsNotUsedAgain(answer: String) async throws {
        let server = try await RawServer(answer: answer)
        let transport = try transport()
        for round in 1...3 {
            #expect(try await transport.send(UpstreamRequest(url: server.url())).body.collect(upTo: 10) == buffer("ab"))
            #expect(server.connectionCount == round)
        }
        #expect(await transport.counts() == .init())
        try await server.close()
    }

    @Test func closedIdleConnectionIsNoticedBeforeTheNextRequest() async throws {
        let server = try await RawServer(answer: Self.answer)
        let transport = try transport()
        let request = UpstreamRequest(url: server.url())
        _ = try await transport.send(request).body.collect(upTo: 10)
        #expect(await transport.counts() == .init(idle: 1))
        // The server closes its side only: it hears of the client's end, which so tells that the client has noticed.
        let connection = try #require(await server.nextConnection())
        try await connection.close(mode: .output)
        try await connection.closeFuture.get()
        #expect(await transport.counts() == .init())
        #expect(try await transport.send(request).body.collect(upTo: 10) == buffer("ab"))
        try await server.close()
    }

    @Test func idleConnectionIsClosedInTime() async throws {
        let server = try await RawServer(answer: Self.answer)
        let transport = try transport(idleTimeout: .milliseconds(1))
        _ = try await transport.send(UpstreamRequest(url: server.url())).body.collect(upTo: 10)
        // Would never end if the connection stayed.
        try await server.nextConnection()?.closeFuture.get()
        #expect(await transport.counts() == .init())
        try await server.close()
    }

    @Test func serverThatAnnouncesAShortLimitIsBelieved() async throws {
        let server = try await RawServer(answer: AnswerText.head("Content-Length: 2", "Keep-Alive: timeout=1") + "ab")
        let transport = try transport()
        _ = try await transport.send(UpstreamRequest(url: server.url())).body.collect(upTo: 10)
        try await server.nextConnection()?.closeFuture.get()
        try await server.close()
    }

    @Test func noMoreIdleConnectionsThanAllowedAreKept() async throws {
        let server = try await RawServer(answer: Self.answer)
        let transport = try transport(maxIdle: 0)
        _ = try await transport.send(UpstreamRequest(url: server.url())).body.collect(upTo: 10)
        try await server.nextConnection()?.closeFuture.get()
        try await server.close()
    }

    // MARK: Event loops

    @Test func requestOfTheEventLoopIsSentAtOnceAndStaysThere() async throws {
        let server = try await RawServer(answer: Self.answer)
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let transport = try PooledTransport(
            PooledTransportConfiguration(connectTimeout: .seconds(600), idleTimeout: .seconds(600)),
            group: MultiThreadedEventLoopGroup.singleton)
        let request = UpstreamRequest(url: server.url(), eventLoop: loop)
        let task = Task(executorPreference: LoopExecutor(loop)) {
            for _ in 0..<3 {
                #expect(loop.inEventLoop)
                let response = try await transport.send(request)
                #expect(loop.inEventLoop)
                _ = try await response.body.collect(upTo: 10)
                #expect(loop.inEventLoop)
            }
        }
        try await task.value
        #expect(server.connectionCount == 1)
        try await server.close()
    }

    @Test func idleConnectionIsTakenWithoutLeavingTheEventLoop() async throws {
        let server = try await RawServer(answer: Self.answer)
        let pool = self.pool()
        let loop = pool.eventLoop
        let first = UpstreamBody(awaitingHeadUntil: nil)
        let request = UpstreamRequest(url: server.url())
        pool.submit(request, first)
        _ = try await first.response().body.collect(upTo: 10)
        let second = UpstreamBody(awaitingHeadUntil: nil)
        let counts = try await loop.submit {
            pool.submit(request, second)
            return pool.countsOnLoop
        }.get()
        #expect(counts == .init(inUse: 1))
        _ = try await second.response().body.collect(upTo: 10)
        pool.shutDown()
        try await server.close()
    }

    // MARK: Limits of time

    @Test func requestThatWaitsTooLongForAConnectionFailsUnsent() async throws {
        let server = try await RawServer { _ in .silence }
        let transport = try transport(connectTimeout: .milliseconds(50), maxConnections: 1)
        // The limit holds for the only connection too, and a busy machine may need more than one try to make it.
        let first = Task {
            while true {
                do {
                    return try await transport.send(UpstreamRequest(url: server.url()))
                } catch UpstreamFailure.connectTimeout {
                    continue
                }
            }
        }
        _ = await server.nextRequest()
        await #expect(throws: UpstreamFailure.connectTimeout) {
            try await transport.send(UpstreamRequest(url: server.url()))
        }
        #expect(await transport.counts() == .init(inUse: 1))
        first.cancel()
        await #expect(throws: UpstreamFailure.cancelled) { try await first.value }
        try await server.close()
    }

    @Test(arguments: ["", "HTTP/1.1 200 OK\r\n", AnswerText.head(status: "102 Processing")])
    func headOfTheAnswerMustComeInTime(beginning: String) async throws {
        let server = try await RawServer { .bytes($0.number == 0 ? Self.answer : beginning) }
        let transport = try transport()
        var request = UpstreamRequest(url: server.url())
        // A timer that is set for later must not keep an earlier limit from passing.
        request.responseHeadersTimeout = .seconds(600)
        _ = try await transport.send(request).body.collect(upTo: 10)
        request.responseHeadersTimeout = .milliseconds(20)
        await #expect(throws: UpstreamFailure.responseHeadersTimeout) { try await transport.send(request) }
        try await server.nextConnection()?.closeFuture.get()
        #expect(await transport.counts() == .init())
        try await server.close()
    }

    @Test func partOfTheBodyMustComeInTime() async throws {
        let server = try await RawServer(answer: AnswerText.head("Content-Length: 2") + "a")
        let transport = try transport()
        var request = UpstreamRequest(url: server.url())
        request.responseHeadersTimeout = .seconds(600)
        let body = try await transport.send(request).body
        #expect(try await body.next(within: .seconds(60)) == buffer("a"))
        await #expect(throws: UpstreamFailure.bodyTimeout) { try await body.next(within: .milliseconds(20)) }
        try await server.nextConnection()?.closeFuture.get()
        try await server.close()
    }

    @Test func timersOfEarlierWaitsEndNothing() async throws {
        let server = try await RawServer { _ in
            .drip(AnswerText.head("Content-Length: 20") + String(repeating: "x", count: 20))
        }
        let transport = try transport()
        for _ in 0..<20 {
            // The timer of an exchange before goes off within later ones.
            let request = UpstreamRequest(url: server.url(), responseHeadersTimeout: .seconds(60))
            let body = try await transport.send(request).body
            var length = 0
            while let part = try await body.next(within: .seconds(30)) { length += part.readableBytes }
            #expect(length == 20)
        }
        #expect(server.connectionCount == 1)
        try await server.close()
    }

    // MARK: Cancelling

    @Test func cancelledTaskSendsNothing() async throws {
        let server = try await RawServer(answer: Self.answer)
        let transport = try transport()
        let request = UpstreamRequest(url: server.url())
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await transport.send(request)
        }
        await #expect(throws: UpstreamFailure.cancelled) { try await task.value }
        #expect(await transport.counts() == .init())
        #expect(server.connectionCount == 0)
        try await server.close()
    }

    @Test func cancelWhileTheHeadIsAwaitedClosesTheConnection() async throws {
        let server = try await RawServer { _ in .silence }
        let transport = try transport()
        let task = Task { try await transport.send(UpstreamRequest(url: server.url())) }
        _ = await server.nextRequest()
        task.cancel()
        await #expect(throws: UpstreamFailure.cancelled) { try await task.value }
        try await server.nextConnection()?.closeFuture.get()
        #expect(await transport.counts() == .init())
        try await server.close()
    }

    @Test func cancelWhileAConnectionIsAwaitedFreesThePlace() async throws {
        let server = try await RawServer(answer: AnswerText.head("Content-Length: 2") + "a")
        let pool = self.pool(maxConnections: 1)
        let (first, second) = (UpstreamBody(awaitingHeadUntil: nil), UpstreamBody(awaitingHeadUntil: nil))
        pool.submit(UpstreamRequest(url: server.url()), first)
        _ = try await first.response()
        pool.submit(UpstreamRequest(url: server.url()), second)
        #expect(await pool.counts() == .init(inUse: 1, waiting: 1))
        second.cancel()
        #expect(await pool.counts() == .init(inUse: 1))
        await #expect(throws: UpstreamFailure.cancelled) { try await second.response() }
        first.cancel()
        #expect(await pool.counts() == .init())
        try await server.close()
    }

    @Test func cancelWithinTheBodyClosesTheConnection() async throws {
        let server = try await RawServer(answer: AnswerText.head("Content-Length: 2") + "a")
        let transport = try transport()
        let body = try await transport.send(UpstreamRequest(url: server.url())).body
        let task = Task {
            while try await body.next() != nil {}
        }
        body.cancel()
        await #expect(throws: UpstreamFailure.cancelled) { try await task.value }
        try await server.nextConnection()?.closeFuture.get()
        #expect(await transport.counts() == .init())
        try await server.close()
    }

    @Test func cancelAfterTheEndLeavesTheConnectionToOthers() async throws {
        let server = try await RawServer(answer: Self.answer)
        let transport = try transport()
        let body = try await transport.send(UpstreamRequest(url: server.url())).body
        _ = try await body.collect(upTo: 10)
        let next = try await transport.send(UpstreamRequest(url: server.url())).body
        body.cancel()
        #expect(try await next.collect(upTo: 10) == buffer("ab"))
        #expect(server.connectionCount == 1)
        try await server.close()
    }

    @Test func drainedAnswerFreesItsConnection() async throws {
        let server = try await RawServer(
            answer: AnswerText.head("Content-Length: 600000") + String(repeating: "x", count: 600_000))
        let transport = try transport()
        for _ in 0..<3 {
            let body = try await transport.send(UpstreamRequest(url: server.url())).body
            body.drain(within: .seconds(60))
            #expect(try await body.next() == nil)
        }
        #expect(server.connectionCount == 1)
        try await server.close()
    }

    @Test func restThatIsTooLongIsNotDrained() async throws {
        let server = try await RawServer(
            answer: AnswerText.head("Content-Length: 8000000") + String(repeating: "x", count: 8_000_000))
        let transport = try transport()
        let body = try await transport.send(UpstreamRequest(url: server.url())).body
        body.drain(within: .seconds(60))
        await #expect(throws: UpstreamFailure.cancelled) { try await body.next() }
        #expect(await transport.counts() == .init())
        try await server.close()
    }

    // MARK: The end

    @Test func transportThatWasNeverUsedCanBeDropped() {
        _ = PooledTransport()
    }

    @Test func droppedTransportClosesItsConnections() async throws {
        let server = try await RawServer(answer: Self.answer)
        do {
            let transport = try transport()
            let body = try await transport.send(UpstreamRequest(url: server.url())).body
            #expect(try await body.collect(upTo: 10) == buffer("ab"))
        }
        // Would never end if the connection stayed in the pool.
        try await server.nextConnection()?.closeFuture.get()
        try await server.close()
    }

    @Test func streamOutlivesTheTransportThatWasDropped() async throws {
        let server = try await RawServer(answer: AnswerText.head("Content-Length: 2") + "a")
        let body = try await transport().send(UpstreamRequest(url: server.url())).body
        let connection = try #require(await server.nextConnection())
        #expect(try await body.next() == buffer("a"))
        try await connection.writeAndFlush(buffer("b"))
        #expect(try await body.next() == buffer("b"))
        #expect(try await body.next() == nil)
        try await connection.closeFuture.get()
        try await server.close()
    }

    @Test(arguments: ["", "HTTP/1.1 200 OK\r\n"])
    func headThatDoesNotComeIsATimeout(_ answer: String) async throws {
        let server = try await RawServer(answer: answer)
        let transport = try transport()
        var request = UpstreamRequest(url: server.url())
        request.responseHeadersTimeout = .milliseconds(1)
        let timely = request
        // Would never end if nobody watched the time.
        await #expect(throws: UpstreamFailure.responseHeadersTimeout) { try await transport.send(timely) }
        try await server.close()
    }

    @Test(arguments: [false, true])
    func shutDownTransportRefuses(isUsed: Bool) async throws {
        let server = try await RawServer(answer: Self.answer)
        let transport = try transport()
        if isUsed { _ = try await transport.send(UpstreamRequest(url: server.url())).body.collect(upTo: 10) }
        await transport.shutdown()
        await transport.shutdown()
        await #expect(throws: UpstreamFailure.cancelled) {
            try await transport.send(UpstreamRequest(url: server.url()))
        }
        if isUsed { try await server.nextConnection()?.closeFuture.get() }
        try await server.close()
    }

    @Test func shutdownTurnsAwayWhoWaitsAndLetsExchangesEnd() async throws {
        let server = try await RawServer(answer: AnswerText.head("Content-Length: 2") + "a")
        let pool = self.pool(maxConnections: 1)
        let (first, second) = (UpstreamBody(awaitingHeadUntil: nil), UpstreamBody(awaitingHeadUntil: nil))
        pool.submit(UpstreamRequest(url: server.url()), first)
        _ = try await first.response()
        pool.submit(UpstreamRequest(url: server.url()), second)
        pool.shutDown()
        await #expect(throws: UpstreamFailure.cancelled) { try await second.response() }
        let connection = try #require(await server.nextConnection())
        try await connection.writeAndFlush(buffer("b"))
        #expect(try await first.collect(upTo: 10) == buffer("ab"))
        try await connection.closeFuture.get()
        try await server.close()
    }

    /// Whichever comes first, the sender gets an answer.
    @Test func requestThatMeetsAShutdownEnds() async throws {
        let server = try await RawServer(answer: Self.answer)
        let ended = Counter()
        for _ in 0..<50 {
            let transport = try transport()
            _ = try await transport.send(UpstreamRequest(url: server.url())).body.collect(upTo: 10)
            await withTaskGroup { group in
                for _ in 0..<4 {
                    group.addTask {
                        // How it fails depends on how far the request got; without an end the test hangs here.
                        let response = try? await transport.send(UpstreamRequest(url: server.url()))
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

    // MARK: Configuration

    @Test(arguments: [
        (PooledTransportConfiguration(connectTimeout: .zero), "connectTimeout"),
        (PooledTransportConfiguration(idleTimeout: .seconds(4_000)), "idleTimeout"),
        (PooledTransportConfiguration(maxConnections: 0), "maxConnections"),
        (PooledTransportConfiguration(maxIdleConnections: -1), "maxIdleConnections"),
        (PooledTransportConfiguration(maxWaitingRequests: 2_000_000), "maxWaitingRequests"),
        (PooledTransportConfiguration(certificateAuthorities: "/nowhere/at/all.pem"), "certificateAuthorities"),
    ])
    func invalidConfigurationIsRefused(configuration: PooledTransportConfiguration, field: String) {
        do throws(ConfigurationError) {
            _ = try PooledTransport(configuration)
            Issue.record("accepted")
        } catch {
            #expect(error.field == field)
        }
    }
}
