import InMemoryTracing
import SageResilience
import SageTesting
import Synchronization
import Testing
import Tracing

@testable import SageTelemetry

@Suite(.timeLimit(.minutes(1)))
struct StreamTracingTests {
    private let recorder = SpanRecorder()

    private func stream(_ elements: [Int], error: (any Error)? = nil) -> AsyncThrowingStream<Int, any Error> {
        AsyncThrowingStream { continuation in
            for element in elements { continuation.yield(element) }
            continuation.finish(throwing: error)
        }
    }

    private func pipeline() throws -> ResiliencePipeline {
        try ResiliencePipeline("openai") { try RetryPolicy.fixed("openai", delay: .zero, maxRetries: 2) }
    }

    @Test func theSpansEndWithTheStream() async throws {
        let elements = stream([1, 2, 3])
        let stream = try await pipeline().stream("chat", tracing: recorder.tracing()) { elements }
        #expect(recorder.tracer.activeSpans.count == 2)
        var seen: [Int] = []
        for try await element in stream { seen.append(element) }
        #expect(seen == [1, 2, 3])
        let call = try #require(recorder.span("chat"))
        let attempt = try #require(recorder.span("chat attempt"))
        #expect(call["sage.outcome"] == "success")
        #expect(call["sage.attempts"] == "1")
        #expect(attempt["sage.outcome"] == "success")
        #expect(attempt.parentSpanID == call.spanID)
        #expect(attempt.events.map(\.name) == ["sage.first_element"])
        #expect(recorder.tracer.activeSpans.isEmpty)
    }

    @Test func anAttemptThatFailsBeforeItsFirstElementIsRepeated() async throws {
        let streams = Mutex([stream([], error: SecretError()), stream([1])])
        let opened = try await pipeline().stream("chat", tracing: recorder.tracing()) {
            streams.withLock { $0.removeFirst() }
        }
        for try await _ in opened {}
        let attempts = recorder.spans("chat attempt")
        #expect(attempts.map { $0["sage.attempt"] } == ["1", "2"])
        #expect(attempts.map { $0["sage.outcome"] } == ["failure", "success"])
        #expect(recorder.span("chat")?["sage.attempts"] == "2")
    }

    @Test func anErrorInTheMiddleEndsBothSpans() async throws {
        let elements = stream([1], error: SecretError())
        let stream = try await pipeline().stream("chat", tracing: recorder.tracing()) { elements }
        await #expect(throws: SecretError.self) { for try await _ in stream {} }
        #expect(recorder.span("chat")?["sage.outcome"] == "failure")
        #expect(recorder.span("chat attempt")?["error.type"] == "SecretError")
        #expect(recorder.tracer.finishedSpans.allSatisfy { !$0.text.contains(SecretError.secret) })
    }

    @Test func aConsumerThatWalksAwayEndsBothSpans() async throws {
        func readOne() async throws {
            let elements = stream([1, 2, 3])
            let stream = try await pipeline().stream("chat", tracing: recorder.tracing()) { elements }
            for try await _ in stream { break }
        }
        try await readOne()
        #expect(recorder.tracer.activeSpans.isEmpty)
        #expect(recorder.span("chat")?["sage.outcome"] == "abandoned")
        #expect(recorder.span("chat")?["sage.attempts"] == "1")
        #expect(recorder.span("chat attempt")?["sage.outcome"] == "abandoned")
    }

    @Test func aStreamThatCannotBeOpenedEndsItsSpan() async throws {
        let breaker = CircuitBreaker("openai")
        try breaker.transition(to: .forcedOpen)
        let elements = stream([1])
        let pipeline = ResiliencePipeline("openai") { breaker }
        await #expect(throws: CircuitBreakerError.self) {
            _ = try await pipeline.stream("chat", tracing: recorder.tracing()) { elements }
        }
        #expect(recorder.span("chat")?["sage.outcome"] == "rejected")
        #expect(recorder.tracer.activeSpans.isEmpty)
    }

    @Test func inTaskStreamsAreTracedAlike() async throws {
        let pipeline = try InTaskResiliencePipeline("openai") { try BulkheadConfiguration(limit: 1) }
        let elements = stream([1, 2])
        let stream = try await pipeline.stream("chat", tracing: recorder.tracing()) { elements }
        var sum = 0
        for try await element in stream { sum += element }
        #expect(sum == 3)
        #expect(recorder.span("chat attempt")?["sage.outcome"] == "success")
    }

    @Test func withoutATracerTheStreamIsTheSame() async throws {
        let elements = stream([1, 2])
        let stream = try await pipeline().stream("chat") { elements }
        var sum = 0
        for try await element in stream { sum += element }
        #expect(sum == 3)
    }
}
