import SageResilience
import SageTesting
import Testing

/// Streams are guarded from their opening to their end.
@Suite(.timeLimit(.minutes(1)))
struct PipelineStreamTests {
    private let clock = TestClock()
    private let breaker: CircuitBreaker
    private let budget: RetryBudget
    private let pipeline: InTaskResiliencePipeline

    init() throws {
        let breaker = CircuitBreaker(
            "b", try CircuitBreakerConfiguration(slowCallDuration: .seconds(5)), clock: clock)
        let budget = try RetryBudget()
        let retry = RetryPolicy("r", try RetryConfiguration(backoff: .none, budget: budget), clock: clock)
        self.breaker = breaker
        self.budget = budget
        self.pipeline = InTaskResiliencePipeline("p") {
            retry
            breaker
        }
    }

    /// A stream of these elements that then fails, or ends.
    private func source(_ elements: [Int], error: (any Error)? = nil) -> AsyncThrowingStream<Int, any Error> {
        AsyncThrowingStream { continuation in
            for element in elements { continuation.yield(element) }
            continuation.finish(throwing: error)
        }
    }

    @Test func isASuccessWhenItEnds() async throws {
        var received: [Int] = []
        let stream = try await pipeline.stream { source([1, 2, 3]) }
        #expect(breaker.snapshot().calls == 0)
        #expect(budget.activeCalls == 1)
        for try await element in stream { received.append(element) }
        #expect(received == [1, 2, 3])
        #expect(breaker.snapshot().calls == 1)
        #expect(breaker.snapshot().failures == 0)
        #expect(budget.activeCalls == 0)
    }

    @Test func isASuccessWhenItIsEmpty() async throws {
        let stream = try await pipeline.stream { source([]) }
        #expect(breaker.snapshot().calls == 1)
        for try await _ in stream { Issue.record("nothing is in it") }
        #expect(breaker.snapshot().calls == 1)
    }

    @Test func isTriedAgainUntilItsFirstElement() async throws {
        var attempts = 0
        let stream = try await pipeline.stream {
            attempts += 1
            switch attempts {
            case 1: throw ServiceError.transient
            case 2: return source([], error: ServiceError.transient)
            default: return source([7])
            }
        }
        var iterator = stream.makeAsyncIterator()
        #expect(try await iterator.next() == 7)
        #expect(try await iterator.next() == nil)
        #expect(attempts == 3)
        #expect(breaker.snapshot().calls == 3)
        #expect(breaker.snapshot().failures == 2)
    }

    @Test func isNotRepeatedAfterItsFirstElement() async throws {
        var attempts = 0
        let stream = try await pipeline.stream {
            attempts += 1
            return source([1], error: ServiceError.transient)
        }
        var received: [Int] = []
        await #expect(throws: ServiceError.transient) {
            for try await element in stream { received.append(element) }
        }
        #expect(received == [1])
        #expect(attempts == 1)
        #expect(breaker.snapshot().failures == 1)
        #expect(budget.activeCalls == 0)
    }

    @Test func isIgnoredWhenTheConsumerWalksAway() async throws {
        do {
            let stream = try await pipeline.stream { source([1, 2, 3]) }
            for try await _ in stream { break }
        }
        #expect(breaker.snapshot().calls == 0)
        #expect(budget.activeCalls == 0)
        #expect(breaker.state == .closed)
    }

    @Test func isIgnoredWhenTheConsumerIsCancelled() async throws {
        let (endless, feed) = AsyncStream.makeStream(of: Int.self)
        feed.yield(1)
        let task = Task { [pipeline] in
            let stream = try await pipeline.stream { endless }
            for try await _ in stream {
                feed.yield(2)
                withUnsafeCurrentTask { $0?.cancel() }
            }
        }
        _ = await task.result
        #expect(breaker.snapshot().calls == 0)
        #expect(budget.activeCalls == 0)
    }

    /// A stream of the standard library ends when its consumer is cancelled: no sign of health, and no verdict.
    @Test func isIgnoredWhenTheConsumerIsCancelledBeforeTheFirstElement() async throws {
        breaker.open(for: .zero)
        let (endless, feed) = AsyncStream.makeStream(of: Int.self)
        let opened = Gate()
        let task = Task { [pipeline] in
            let stream = try await pipeline.stream {
                opened.open()
                return endless
            }
            for try await _ in stream { Issue.record("nothing is in it") }
        }
        try await opened.pass()
        #expect(breaker.snapshot().probesInFlight == 1)
        task.cancel()
        _ = await task.result
        #expect(breaker.state == .halfOpen)
        #expect(breaker.snapshot().calls == 0)
        #expect(breaker.snapshot().probesInFlight == 0)
        #expect(budget.activeCalls == 0)
        feed.finish()
    }

    @Test("a long answer is not slow: its first element decides", arguments: [(1, 0), (6, 1)])
    func theFirstElementDecidesHowSlowItWas(seconds: Int, slowCalls: Int) async throws {
        let stream = try await pipeline.stream {
            clock.advance(by: .seconds(seconds))
            return source([1, 2])
        }
        clock.advance(by: .seconds(1000))
        for try await _ in stream {}
        #expect(breaker.snapshot().calls == 1)
        #expect(breaker.snapshot().slowCalls == slowCalls)
    }

    @Test func throwsTheRejectionOfAGate() async throws {
        breaker.open(for: .seconds(10))
        await #expect(throws: CircuitBreakerError.self) {
            _ = try await pipeline.stream { source([1]) }
        }
        #expect(budget.activeCalls == 0)
    }

    @Test func nestedRetriesHoldAllTheirGatesToTheEnd() async throws {
        let outer = CircuitBreaker("outer", clock: clock)
        let retries = RetryPolicy("r", try RetryConfiguration(backoff: .none), clock: clock)
        let nested = InTaskResiliencePipeline("p") {
            outer
            retries
            breaker
            retries
        }
        let stream = try await nested.stream { source([1]) }
        #expect(outer.snapshot().calls == 0)
        for try await _ in stream {}
        #expect(outer.snapshot().calls == 1)
        #expect(breaker.snapshot().calls == 1)
    }
}

/// Streams through pipelines that run child tasks until the first element has arrived.
@Suite(.timeLimit(.minutes(1)))
struct LimitedPipelineStreamTests {
    private let clock = TestClock()
    private let outer: CircuitBreaker
    private let inner: CircuitBreaker
    private let pipeline: ResiliencePipeline

    init() throws {
        let clock = clock
        let (outer, inner) = (CircuitBreaker("outer", clock: clock), CircuitBreaker("inner", clock: clock))
        self.outer = outer
        self.inner = inner
        self.pipeline = try ResiliencePipeline("p") {
            outer
            try TimeLimiter(.seconds(60), clock: clock)
            RetryPolicy("r", try RetryConfiguration(backoff: .none), clock: clock)
            inner
            try TimeLimiter("attempt", .seconds(5), clock: clock)
        }
    }

    @Test func isRetriedUntilItsFirstElementAndThenHeld() async throws {
        let attempts = Locked(0)
        let stream = try await pipeline.stream {
            let attempt = attempts.update { attempts in
                attempts += 1
                return attempts
            }
            return AsyncThrowingStream<Int, any Error> { continuation in
                if attempt == 1 { return continuation.finish(throwing: ServiceError.transient) }
                for element in 1...3 { continuation.yield(element) }
                continuation.finish()
            }
        }
        #expect(inner.snapshot().failures == 1)
        #expect(outer.snapshot().calls == 0)
        // The limits were for the first element.
        clock.advance(by: .seconds(1000))
        var received: [Int] = []
        for try await element in stream { received.append(element) }
        #expect(received == [1, 2, 3])
        #expect(inner.snapshot().calls == 2)
        #expect(outer.snapshot().calls == 1)
        #expect(outer.snapshot().failures == 0)
    }

    @Test func aFirstElementThatDoesNotComeIsATimeOut() async throws {
        let opening = Task { [pipeline] in
            // A stream of each attempt's own: one whose consumer is cancelled has ended.
            _ = try await pipeline.stream { AsyncStream<Int> { _ in } }
        }
        for _ in 1...3 {
            await clock.waitForTimer(due: .seconds(5))
            clock.advance(by: .seconds(5))
        }
        await #expect(throws: TimeLimiterError.self) { try await opening.value }
        #expect(inner.snapshot().failures == 3)
        #expect(outer.snapshot().failures == 1)
    }

    @Test func isIgnoredWhenTheConsumerWalksAway() async throws {
        do {
            let stream = try await pipeline.stream {
                AsyncStream<Int> { continuation in
                    for element in 1...3 { continuation.yield(element) }
                    continuation.finish()
                }
            }
            for try await _ in stream { break }
        }
        #expect(inner.snapshot().calls == 0)
        #expect(outer.snapshot().calls == 0)
    }
}
