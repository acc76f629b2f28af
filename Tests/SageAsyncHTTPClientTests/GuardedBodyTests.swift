import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import SageResilience
import SageTesting
import Testing

@testable import SageAsyncHTTPClient

/// What is held while a body is read, and what its end says.
@Suite(.timeLimit(.minutes(1)))
struct GuardedBodyTests {
    private let breaker = CircuitBreaker("http", .network)
    private let bulkhead: Bulkhead
    private let client: ResilientHTTPClient

    init() throws {
        let bulkhead = Bulkhead("http", try BulkheadConfiguration(limit: 1))
        self.bulkhead = bulkhead
        client = ResilientHTTPClient(
            .shared,
            ResiliencePipeline("http") { [breaker] in
                breaker
                bulkhead
            })
    }

    private func get(_ url: String, _ method: HTTPMethod = .GET) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: url)
        request.method = method
        return try await client.execute(request, timeout: .seconds(50))
    }

    private var seen: [Int] {
        let calls = breaker.snapshot()
        return [bulkhead.snapshot().inFlight, calls.calls, calls.failures]
    }

    @Test func itsEndIsTheSuccess() async throws {
        try await MisbehavingServer.run([.answer(200, body: "all of it")]) { _, url in
            let response = try await get(url)
            #expect(seen == [1, 0, 0])
            #expect(try await String(buffer: response.body.collect(upTo: 100)) == "all of it")
            #expect(seen == [0, 1, 0])
        }
    }

    @Test func itsErrorIsTheFailure() async throws {
        try await MisbehavingServer.run([.cutBody]) { _, url in
            let response = try await get(url)
            await #expect(throws: HTTPParserError.invalidEOFState) { try await response.body.collect(upTo: 1_000) }
            #expect(seen == [0, 1, 1])
        }
    }

    @Test func aBodyThatIsDroppedSaysNothing() async throws {
        try await MisbehavingServer.run([.stalledBody(200)]) { _, url in
            func status() async throws -> HTTPResponseStatus {
                let response = try await get(url)
                #expect(seen == [1, 0, 0])
                return response.status
            }
            let status = try await status()
            #expect(status == .ok)
            #expect(seen == [0, 0, 0])
        }
    }

    @Test func aBodyThatIsLongerThanItsReaderAcceptsSaysNothing() async throws {
        try await MisbehavingServer.run([.answer(200, body: "too much of it")]) { _, url in
            func collect() async throws {
                _ = try await get(url).body.collect(upTo: 3)
            }
            await #expect(throws: NIOTooManyBytesError.self) { try await collect() }
            #expect(seen == [0, 0, 0])
        }
    }

    @Test func aReaderThatIsCancelledSaysNothing() async throws {
        try await MisbehavingServer.run([.stalledBody(200)]) { _, url in
            let (begun, continuation) = AsyncStream<Void>.makeStream()
            let task = Task { [response = try await get(url)] in
                for try await _ in response.body { continuation.yield() }
            }
            for await _ in begun { break }
            task.cancel()
            _ = await task.result
            #expect(seen == [0, 0, 0])
        }
    }

    @Test("an answer without a body ends at once", arguments: [(HTTPMethod.HEAD, 200), (.GET, 204), (.GET, 200)])
    func bodiless(_ method: HTTPMethod, _ status: Int) async throws {
        try await MisbehavingServer.run([.answer(status)]) { _, url in
            let response = try await get(url, method)
            #expect(seen == [0, 1, 0])
            #expect(try await response.body.collect(upTo: 0).readableBytes == 0)
        }
    }

    @Test func theCallersFaultIsNotCounted() async throws {
        try await MisbehavingServer.run([.answer(404, body: "no such thing")]) { _, url in
            let response = try await get(url)
            #expect(seen == [0, 0, 0])
            #expect(try await String(buffer: response.body.collect(upTo: 100)) == "no such thing")
        }
    }

    // MARK: Failed answers

    @Test("nothing of the last answer is lost, however long it is", arguments: [0, 10, 64 * 1024, 300_000])
    func lastAnswer(_ length: Int) async throws {
        let text = String(repeating: "x", count: length)
        try await MisbehavingServer.run([.answer(500, body: text)]) { _, url in
            let response = try await get(url)
            #expect(seen == [0, 1, 1])
            #expect(try await String(buffer: response.body.collect(upTo: 1_000_000)) == text)
        }
    }

    @Test func theConnectionOfAFailedAttemptIsUsedAgain() async throws {
        try await MisbehavingServer.run([.answer(503, body: "busy")]) { server, url in
            let retry = RetryPolicy("http", try RetryConfiguration(backoff: .none))
            var client = ResilientHTTPClient(.shared, ResiliencePipeline("http") { retry })
            // Its time stands still, so that however slow the machine is, the body is read to its end.
            client.salvage.clock = TestClock()
            let response = try await client.execute(HTTPClientRequest(url: url), timeout: .seconds(50))
            #expect(response.status == .ok)
            #expect(server.requests.map(\.connection) == [1, 1])
        }
    }

    @Test func theBodyOfARequestThatIsNotRepeatedIsLeftToItsReader() async throws {
        try await MisbehavingServer.run([.stalledBody(503)]) { _, url in
            var client = ResilientHTTPClient(.shared, ResiliencePipeline("http") {})
            // Its time stands still: whoever read the body would wait for ever.
            client.salvage.clock = TestClock()
            var request = HTTPClientRequest(url: url)
            request.method = .POST
            let response = try await client.execute(request, timeout: .seconds(50))
            #expect(response.status == .serviceUnavailable)
        }
    }

    @Test(
        "a failed answer that stalls is waited for as long as it may take, but not beyond the deadline",
        arguments: [(Duration.seconds(500), Duration.seconds(120)), (.seconds(7), .seconds(7))])
    func stalledAnswer(_ maxTime: Duration, _ expected: Duration) async throws {
        try await MisbehavingServer.run([.stalledBody(503)]) { _, url in
            let clock = TestClock()
            var client = ResilientHTTPClient(.shared, ResiliencePipeline("http") {})
            client.salvage.maxTime = maxTime
            client.salvage.clock = clock
            async let response = CallContext.with(deadline: .after(.seconds(120), clock: clock)) { [client] in
                try await client.execute(HTTPClientRequest(url: url), timeout: .seconds(300))
            }
            let due = await clock.nextTimerScheduled()
            #expect(clock.now.duration(to: due) == expected)
            clock.advance(to: due)
            let status = try await response.status
            #expect(status == .serviceUnavailable)
        }
    }

    @Test func aFailedAnswerThatStallsDoesNotHoldTheNextAttemptUp() async throws {
        try await MisbehavingServer.run([.stalledBody(503), .stalledBody(503)]) { server, url in
            let clock = TestClock()
            let retry = RetryPolicy("http", try RetryConfiguration(maxAttempts: 2, backoff: .none))
            var client = ResilientHTTPClient(.shared, ResiliencePipeline("http") { retry })
            client.salvage.clock = clock
            async let answer = client.execute(HTTPClientRequest(url: url), timeout: .seconds(50))
            for _ in 0..<2 { clock.advance(to: await clock.nextTimerScheduled()) }
            let response = try await answer
            #expect(response.status == .serviceUnavailable)
            #expect(server.requests.count == 2)
            await #expect(throws: HTTPClientError.readTimeout) { try await response.body.collect(upTo: 1_000) }
        }
    }
}
