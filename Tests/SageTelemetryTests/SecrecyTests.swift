import InMemoryTracing
import MetricsTestKit
import SageResilience
import SageTesting
import Testing

@testable import SageTelemetry

/// No text of an error gets out, whatever happens to it.
struct SecrecyTests {
    @Test func noTextOfAnErrorLeavesTheProcess() async throws {
        let log = CapturedLog()
        let metrics = TestMetrics()
        let recorder = SpanRecorder()
        let telemetry = try ResilienceTelemetry(
            logger: log.logger(), factory: metrics, clock: TestClock())
        for event in ResilienceEvent.samples { telemetry.listener.receive(event) }
        let pipeline = try ResiliencePipeline("openai", clock: TestClock(), listener: telemetry.listener) {
            try RetryPolicy.fixed("openai", delay: .zero, maxRetries: 1, listener: telemetry.listener)
            try CircuitBreakerConfiguration(consecutiveFailures: 2)
        }
        telemetry.sampler.watch(pipeline)
        for _ in 1...3 {
            await #expect(throws: (any Error).self) {
                try await pipeline.execute("chat", tracing: recorder.tracing()) { throw SecretError() }
            }
        }
        telemetry.sampler.sample()
        #expect(log.messages.contains("circuit breaker opened"))
        #expect(recorder.spans("chat").count == 3)
        let told =
            log.lines.map(\.text) + recorder.tracer.finishedSpans.map(\.text)
            + metrics.counters.map { "\($0.label) \($0.dimensions)" }
            + metrics.recorders.map { "\($0.label) \($0.dimensions)" }
            + metrics.timers.map { "\($0.label) \($0.dimensions)" }
        #expect(told.count > 50)
        #expect(told.filter { $0.contains(SecretError.secret) || $0.contains("refused sk") } == [])
        #expect(recorder.tracer.finishedSpans.filter { !$0.errors.isEmpty }.isEmpty)
    }
}
