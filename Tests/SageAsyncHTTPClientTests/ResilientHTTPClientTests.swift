import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import SageResilience
import SageTesting
import Testing

@testable import SageAsyncHTTPClient

/// Requests and answers through a retry, over a real connection.
@Suite(.timeLimit(.minutes(1)))
struct ResilientHTTPClientTests {
    typealias Reply = MisbehavingServer.Reply

    /// A client without policies that get in the way: three attempts, no waits.
    private func client(_ more: any ResilienceListener = EventRecorder()) throws -> ResilientHTTPClient {
        let retry = RetryPolicy("http", try RetryConfiguration(backoff: .none), listener: more)
        return ResilientHTTPClient(.shared, ResiliencePipeline("http") { retry })
    }

    private func request(
        _ url: String, _ method: HTTPMethod = .GET, body: HTTPClientRequest.Body? = nil
    ) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: url)
        request.method = method
        request.body = body
        return request
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var replies: [Reply]
        var method = HTTPMethod.GET
        var headers: HTTPHeaders = [:]
        var body: (@Sendable () -> HTTPClientRequest.Body)?
        var idempotency: RetryConfiguration.Idempotency?
        /// Nil is an error.
        var status: Int?
        var requests: Int
    }

    static let unavailable = [Reply.answer(503, body: "busy"), .answer(200)]

    @Test(arguments: [
        Case(testDescription: "success", replies: [.answer(200)], status: 200, requests: 1),
        Case(testDescription: "503 then 200", replies: unavailable, status: 200, requests: 2),
        Case(
            testDescription: "429 with a wait of nothing", replies: [.answer(429, headers: [("Retry-After", "0")])],
            status: 200, requests: 2),
        Case(testDescription: "500, 502", replies: [.answer(500), .answer(502)], status: 200, requests: 3),
        Case(
            testDescription: "the last answer is returned", replies: Array(repeating: .answer(503), count: 3),
            status: 503,
            requests: 3),
        Case(testDescription: "404 is the caller's", replies: [.answer(404)], status: 404, requests: 1),
        Case(testDescription: "304 is no failure", replies: [.answer(304)], status: 304, requests: 1),
        Case(testDescription: "reset then 200", replies: [.reset], status: 200, requests: 2),
        Case(testDescription: "POST", replies: unavailable, method: .POST, status: 503, requests: 1),
        Case(testDescription: "PATCH", replies: unavailable, method: .PATCH, status: 503, requests: 1),
        Case(testDescription: "POST reset", replies: [.reset], method: .POST, status: nil, requests: 1),
        Case(
            testDescription: "POST with a key", replies: unavailable, method: .POST,
            headers: ["Idempotency-Key": "7"], status: 200, requests: 2),
        Case(
            testDescription: "POST with an empty key", replies: unavailable, method: .POST,
            headers: ["Idempotency-Key": ""], status: 503, requests: 1),
        Case(
            testDescription: "POST that the caller calls safe", replies: unavailable, method: .POST,
            idempotency: .idempotent, status: 200, requests: 2),
        Case(
            testDescription: "GET that the caller calls unsafe", replies: unavailable, idempotency: .notIdempotent,
            status: 503, requests: 1),
        Case(
            testDescription: "PUT of bytes", replies: unavailable, method: .PUT,
            body: { .bytes(ByteBuffer(string: "x")) },
            status: 200, requests: 2),
        Case(
            testDescription: "PUT of a stream", replies: unavailable, method: .PUT,
            body: {
                .stream(
                    AsyncStream {
                        $0.yield(ByteBuffer(string: "x"))
                        $0.finish()
                    }, length: .known(Int64(1)))
            },
            status: 503, requests: 1),
    ])
    func repeatsWhatMayBeRepeated(_ test: Case) async throws {
        try await MisbehavingServer.run(test.replies) { server, url in
            var request = request(url, test.method, body: test.body?())
            request.headers.add(contentsOf: test.headers)
            let client = try client()
            let status = try? await client.execute(request, timeout: .seconds(50), idempotency: test.idempotency).status
            #expect(status.map { Int($0.code) } == test.status)
            #expect(server.requests.count == test.requests)
            #expect(Set(server.requests.map(\.body)).count == 1)
        }
    }

    @Test func theCallerGetsTheClientsOwnError() async throws {
        try await MisbehavingServer.run([.reset]) { _, url in
            let client = try client()
            let error = await #expect(throws: (any Error).self) {
                _ = try await client.execute(request(url, .POST), timeout: .seconds(50))
            }
            #expect(!(error is HTTPAttemptError))
            #expect(error.map { ErrorClassification(httpClientError: $0).isConnection } == true)
        }
    }

    @Test func whatWasNotSentIsRepeatedAlways() async throws {
        let port = try await MisbehavingServer.unusedPort()
        let recorder = EventRecorder()
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.retryConnectionEstablishment = false
        let http = HTTPClient(configuration: configuration)
        let retry = RetryPolicy("http", try RetryConfiguration(backoff: .none), listener: recorder)
        let client = ResilientHTTPClient(http, ResiliencePipeline("http") { retry })
        let body = HTTPClientRequest.Body.stream(AsyncStream<ByteBuffer> { $0.finish() }, length: .unknown)
        await #expect(throws: (any Error).self) {
            _ = try await client.execute(
                request("http://127.0.0.1:\(port)/", .POST, body: body), timeout: .seconds(50))
        }
        guard case .retryStopped(let attempts, let reason, _)? = recorder.kinds.last else {
            Issue.record("no retry: \(recorder.kinds)")
            return
        }
        #expect(attempts == 3)
        #expect(reason == .attemptsExhausted)
        try await http.shutdown()
    }

    @Test func theServersWaitIsHeeded() async throws {
        try await MisbehavingServer.run([.answer(429, headers: [("Retry-After", "7")])]) { server, url in
            let clock = TestClock()
            let retry = RetryPolicy(
                "http", try RetryConfiguration(backoff: .none), clock: clock, random: .constant(0))
            let client = ResilientHTTPClient(.shared, ResiliencePipeline("http") { retry })
            async let response = client.execute(request(url), timeout: .seconds(50))
            let due = await clock.nextTimerScheduled()
            #expect(clock.now.duration(to: due) == .seconds(7))
            clock.advance(to: due)
            #expect(try await response.status == .ok)
            #expect(server.requests.count == 2)
        }
    }

    @Test("other policies learn the wait of an answer that is not repeated")
    func limiterLearns() async throws {
        try await MisbehavingServer.run([.answer(503, headers: [("Retry-After", "30")])]) { server, url in
            let limiter = try RateLimiter.slidingWindow("http", limit: 100, per: .seconds(1), clock: TestClock())
            let retry = RetryPolicy("http", try RetryConfiguration(backoff: .none))
            let client = ResilientHTTPClient(
                .shared,
                ResiliencePipeline("http") {
                    retry
                    limiter
                })
            #expect(try await client.execute(request(url, .POST), timeout: .seconds(50)).status.code == 503)
            #expect(limiter.snapshot().pausedFor == .seconds(30))
            #expect(server.requests.count == 1)
        }
    }

    @Test func aTimeLimitEndsAnAttemptThatHangs() async throws {
        try await MisbehavingServer.run([.hang]) { server, url in
            let clock = TestClock()
            let retry = RetryPolicy("http", try RetryConfiguration(backoff: .none), clock: clock)
            // The client is told the limit as a deadline, and measures it by its own clock: far away.
            let limiter = try TimeLimiter(.seconds(120), clock: clock)
            let client = ResilientHTTPClient(
                .shared,
                ResiliencePipeline("http") {
                    retry
                    limiter
                })
            async let response = client.execute(request(url), timeout: .seconds(300))
            await server.received(1)
            clock.advance(by: .seconds(120))
            #expect(try await response.status == .ok)
            #expect(server.requests.count == 2)
        }
    }

    @Test func theTimeOfTheCallIsTheClients() async {
        #expect(NIODeadline.ofCall == .distantFuture)
        await CallContext.with(deadline: .after(.seconds(10), clock: TestClock())) {
            let earliest = NIODeadline.now()
            let deadline = NIODeadline.ofCall
            let latest = NIODeadline.now()
            #expect((earliest + .seconds(10)...latest + .seconds(10)).contains(deadline))
        }
    }

    @Test func theTimeOfTheCallEndsIt() async throws {
        try await MisbehavingServer.run([.hang]) { _, url in
            let recorder = EventRecorder()
            let client = try client(recorder)
            await #expect(throws: HTTPClientError.deadlineExceeded) {
                // The nearer of the two, which has passed whenever the client looks at it.
                try await CallContext.with(deadline: .after(.zero, clock: TestClock())) {
                    _ = try await client.execute(request(url), timeout: .seconds(50))
                }
            }
            guard case .retryStopped(let attempts, let reason, _)? = recorder.kinds.last else {
                Issue.record("no retry: \(recorder.kinds)")
                return
            }
            #expect(attempts == 1)
            #expect(reason == .deadlineExceeded)
        }
    }

    @Test func anOpenBreakerRefuses() async throws {
        try await MisbehavingServer.run([]) { server, url in
            let breaker = CircuitBreaker("http", .network, clock: TestClock())
            breaker.open(for: .seconds(60))
            let client = ResilientHTTPClient(.shared, ResiliencePipeline("http") { breaker })
            await #expect(throws: CircuitBreakerError.self) {
                _ = try await client.execute(request(url), timeout: .seconds(50))
            }
            #expect(server.requests.isEmpty)
        }
    }
}
