import InMemoryTracing
import SageResilience
import SageTesting
import Synchronization
import Testing
import Tracing

@testable import SageTelemetry

@Suite(.timeLimit(.minutes(1)))
struct PipelineTracingTests {
    private let clock = TestClock()
    private let recorder = SpanRecorder()

    /// Fails so many times, then answers.
    private final class Service: Sendable {
        private let failures: Mutex<Int>

        init(failures: Int) {
            self.failures = Mutex(failures)
        }

        func call() throws -> String {
            let fails = failures.withLock { failures in
                failures -= 1
                return failures >= 0
            }
            if fails { throw SecretError() }
            return "hello"
        }
    }

    private func pipeline(maxRetries: Int = 3, delay: Duration = .zero) throws -> ResiliencePipeline {
        try ResiliencePipeline("openai", clock: clock) {
            try RetryPolicy.fixed("openai", delay: delay, maxRetries: maxRetries, clock: clock)
        }
    }

    @Test func aCallIsASpanWithOneForEachAttempt() async throws {
        let service = Service(failures: 2)
        let reply = try await pipeline().execute("chat", tracing: recorder.tracing(clock)) { try service.call() }
        #expect(reply == "hello")
        let call = try #require(recorder.span("chat"))
        #expect(call["sage.pipeline"] == "openai")
        #expect(call["sage.attempts"] == "3")
        #expect(call["sage.outcome"] == "success")
        #expect(call.status == nil)
        #expect(call.kind == .internal)
        let attempts = recorder.spans("chat attempt")
        #expect(attempts.map { $0["sage.attempt"] } == ["1", "2", "3"])
        #expect(attempts.map { $0["sage.outcome"] } == ["failure", "failure", "success"])
        #expect(attempts.map { $0["sage.error_class"] } == ["transient", "transient", nil])
        #expect(attempts.map { $0["error.type"] } == ["SecretError", "SecretError", nil])
        #expect(attempts.map { $0.status?.code } == [.error, .error, nil])
        #expect(attempts.allSatisfy { $0.parentSpanID == call.spanID && $0.traceID == call.traceID })
        #expect(attempts.allSatisfy { $0.kind == .client })
        #expect(recorder.tracer.activeSpans.isEmpty)
    }

    @Test func tellsHowLongAnAttemptWaited() async throws {
        let service = Service(failures: 1)
        let pipeline = try pipeline(delay: .seconds(2))
        async let reply = pipeline.execute("chat", tracing: recorder.tracing(clock)) { try service.call() }
        await clock.nextTimerScheduled()
        clock.advance(by: .seconds(2))
        _ = try await reply
        #expect(recorder.spans("chat attempt").map { $0["sage.wait_ms"] } == ["0", "2000"])
    }

    @Test func aSpanInsideAnAttemptIsItsChild() async throws {
        try await withTracer(recorder.tracer) {
            try await pipeline().execute("chat") { withSpan("inner") { _ in } }
        }
        let attempt = try #require(recorder.span("chat attempt"))
        #expect(recorder.span("inner")?.parentSpanID == attempt.spanID)
    }

    @Test func aCallInsideASpanIsItsChild() async throws {
        let pipeline = try pipeline()
        try await withTracer(recorder.tracer) {
            try await withSpan("request") { _ in try await pipeline.execute("chat") {} }
        }
        #expect(recorder.span("chat")?.parentSpanID == recorder.span("request")?.spanID)
    }

    @Test func aRefusalIsAnEventOfTheSpan() async throws {
        let breaker = CircuitBreaker("openai", clock: clock)
        try breaker.transition(to: .forcedOpen)
        let pipeline = ResiliencePipeline("openai") { breaker }
        await #expect(throws: CircuitBreakerError.self) {
            try await pipeline.execute("chat", tracing: recorder.tracing(clock)) {}
        }
        let call = try #require(recorder.span("chat"))
        #expect(call["sage.outcome"] == "rejected")
        #expect(call["sage.attempts"] == "0")
        #expect(call["error.type"] == "CircuitBreakerError")
        #expect(call.status?.code == .error)
        #expect(call.events.map(\.name) == ["sage.rejected"])
        #expect(call.events.first?["sage.policy"] == "openai")
        #expect(call.events.first?["sage.reason"] == "circuit_forced_open")
        #expect(recorder.spans("chat attempt").isEmpty)
    }

    @Test func anAttemptThatWasRefusedIsAnEventOfTheCall() async throws {
        let breaker = CircuitBreaker(
            "openai",
            try CircuitBreakerConfiguration(consecutiveFailures: 1, recoveryTimeout: .seconds(3), recoveryJitter: 0),
            clock: clock)
        let retry = RetryPolicy(
            "openai",
            try RetryConfiguration(maxAttempts: 5, backoff: .fixed(.seconds(2)), waitsForRejections: true),
            clock: clock)
        let pipeline = ResiliencePipeline("openai", clock: clock) {
            retry
            breaker
        }
        let service = Service(failures: 1)
        let tracing = recorder.tracing(clock)
        let task = Task { try await pipeline.execute("chat", tracing: tracing) { try service.call() } }
        for _ in 1...2 {
            await clock.nextTimerScheduled()
            clock.advance(by: .seconds(2))
        }
        _ = try await task.value
        let numbers = recorder.spans("chat attempt").map { $0["sage.attempt"] }
        #expect(numbers == ["1", "3"])
        let call = try #require(recorder.span("chat"))
        #expect(call.events.map(\.name) == ["sage.attempt_rejected"])
        #expect(call.events.first?["sage.attempt"] == "2")
    }

    @Test func theAlternativeHasASpan() async throws {
        let reply = try await pipeline(maxRetries: 0).execute("chat", tracing: recorder.tracing(clock)) {
            throw SecretError()
        } fallback: { _ in
            "cached"
        }
        #expect(reply == "cached")
        let call = try #require(recorder.span("chat"))
        #expect(call["sage.fallback"] == "true")
        #expect(call["sage.outcome"] == "success")
        let fallback = try #require(recorder.span("chat fallback"))
        #expect(fallback.parentSpanID == call.spanID)
        #expect(fallback["sage.outcome"] == "success")
    }

    @Test func cancellationIsNoError() async throws {
        let pipeline = try pipeline()
        let tracing = recorder.tracing(clock)
        let (starts, start) = AsyncStream.makeStream(of: Void.self)
        let task = Task {
            try await pipeline.execute("chat", tracing: tracing) { [clock] in
                start.yield()
                try await clock.sleep(until: clock.now.advanced(by: .seconds(60)))
            }
        }
        for await _ in starts { break }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(recorder.span("chat")?["sage.outcome"] == "cancelled")
        #expect(recorder.span("chat attempt")?["sage.outcome"] == "cancelled")
        #expect(recorder.span("chat")?.status == nil)
    }

    @Test func copiesOfAHedgeAreToldApart() async throws {
        let pipeline = try ResiliencePipeline("openai", clock: clock) {
            Hedge("openai", try HedgeConfiguration(delay: .fixed(.seconds(1))), clock: clock)
        }
        let tracing = recorder.tracing(clock)
        let task = Task { [clock] in
            try await pipeline.execute("chat", tracing: tracing) {
                if Hedge.currentCopy == 1 { try await clock.sleep(until: clock.now.advanced(by: .seconds(3_600))) }
                return Hedge.currentCopy
            }
        }
        await clock.waitForTimer(due: .seconds(1))
        clock.advance(by: .seconds(1))
        #expect(try await task.value == 2)
        let attempts = recorder.spans("chat attempt")
        #expect(Set(attempts.map { $0["sage.hedge_copy"] }) == [nil, "2"])
        #expect(recorder.span("chat")?["sage.attempts"] == "2")
    }

    @Test func withoutATracerTheCallIsMadeAllTheSame() async throws {
        let service = Service(failures: 1)
        #expect(try await pipeline().execute("chat") { try service.call() } == "hello")
        let inTask = InTaskResiliencePipeline("openai") { CircuitBreaker("openai") }
        #expect(try await inTask.execute("chat") { 1 } == 1)
        #expect(
            try await inTask.execute("chat") {
                throw SecretError()
            } fallback: { _ in
                2
            } == 2)
        #expect(try await withAttemptSpan("chat") { 3 } == 3)
    }

    @Test func aSinglePolicyCanHaveAttemptSpans() async throws {
        let service = Service(failures: 1)
        let retry = try RetryPolicy.fixed("openai", delay: .zero, clock: clock)
        let tracing = recorder.tracing(clock)
        _ = try await retry.execute {
            try await withAttemptSpan("chat", tracing: tracing) { try service.call() }
        }
        #expect(recorder.spans("chat attempt").map { $0["sage.attempt"] } == ["1", "2"])
    }
}

/// An actor that guards a call with an in-task pipeline: what it calls needs no `Sendable`.
private actor Agent {
    final class Memory {
        var notes: [String] = []
    }

    private let pipeline: InTaskResiliencePipeline
    private let tracing: CallTracing
    private let memory = Memory()

    init(_ pipeline: InTaskResiliencePipeline, _ tracing: CallTracing) {
        self.pipeline = pipeline
        self.tracing = tracing
    }

    func think() async throws -> Int {
        let result = try await pipeline.execute("think", tracing: tracing) {
            assertIsolated()
            memory.notes.append("thought")
            return memory
        }
        return result.notes.count
    }

    func thinkTwice() async throws -> Int {
        let result = try await pipeline.execute("think", tracing: tracing) { () async throws -> Memory in
            throw SecretError()
        } fallback: { _ in
            assertIsolated()
            memory.notes.append("second thought")
            return memory
        }
        return result.notes.count
    }
}

extension PipelineTracingTests {
    @Test func anInTaskPipelineStaysOnItsActor() async throws {
        let pipeline = try InTaskResiliencePipeline("agent") { try BulkheadConfiguration(limit: 1) }
        let agent = Agent(pipeline, recorder.tracing(clock))
        #expect(try await agent.think() == 1)
        #expect(try await agent.thinkTwice() == 2)
        #expect(recorder.spans("think").map { $0["sage.outcome"] } == ["success", "success"])
        #expect(recorder.spans("think attempt").map { $0["sage.outcome"] } == ["success", "failure"])
        #expect(recorder.spans("think fallback").count == 1)
    }
}
