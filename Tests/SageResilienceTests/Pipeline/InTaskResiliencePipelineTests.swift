import SageResilience
import SageTesting
import Testing

/// Nothing in these tests is `Sendable` that need not be: that they compile is half of the test.
@Suite(.timeLimit(.minutes(1)))
struct InTaskResiliencePipelineTests {
    private final class Notes {
        var lines: [String] = []
    }

    /// An actor whose operation uses its own state and gives back something that cannot leave it.
    private actor Client {
        private let notes = Notes()
        private let pipeline: InTaskResiliencePipeline
        private var attempts = 0

        init(_ pipeline: InTaskResiliencePipeline) {
            self.pipeline = pipeline
        }

        func call(failures: Int) async throws -> [String] {
            let result: Notes = try await pipeline.execute {
                attempts += 1
                notes.lines.append("attempt \(attempts)")
                self.assertIsolated()
                if attempts <= failures { throw ServiceError.transient }
                return notes
            }
            return result.lines
        }

        func callWithFallback() async throws -> [String] {
            let result: Notes = try await pipeline.execute {
                notes.lines.append("tried")
                throw UnknownError()
            } fallback: { error in
                self.assertIsolated()
                notes.lines.append("fell back after \(error)")
                return notes
            }
            return result.lines
        }
    }

    private func retry(maxUnknownRetries: Int = 0) throws -> RetryPolicy {
        RetryPolicy(
            "r", try RetryConfiguration(backoff: .none, maxUnknownRetries: maxUnknownRetries), clock: TestClock())
    }

    @Test func runsInTheCallersActorWithItsState() async throws {
        let breaker = CircuitBreaker("b", clock: TestClock())
        let limiter = try RateLimiter.slidingWindow(limit: 10, per: .seconds(1), clock: TestClock())
        let client = Client(
            try InTaskResiliencePipeline("p") {
                try retry()
                breaker
                limiter
            })
        #expect(try await client.call(failures: 2) == ["attempt 1", "attempt 2", "attempt 3"])
        #expect(breaker.snapshot().calls == 3)
    }

    @Test func theFallbackRunsThereToo() async throws {
        let client = Client(try InTaskResiliencePipeline("p") { try retry() })
        #expect(try await client.callWithFallback() == ["tried", "fell back after \(UnknownError())"])
    }

    @Test func eachPolicyAloneRunsInTheCallersTask() async throws {
        let notes = Notes()
        let (breaker, retry) = (CircuitBreaker("b", clock: TestClock()), try retry())
        let result: Notes = try await breaker.execute {
            try await retry.execute {
                try await Fallback().execute {
                    notes.lines.append("tried")
                    throw UnknownError()
                } fallback: { _ in
                    notes.lines.append("fell back")
                    return notes
                }
            }
        }
        #expect(result.lines == ["tried", "fell back"])
    }

    @Test func theFallbackRuleOfThePipelineDecides() async throws {
        let pipeline = InTaskResiliencePipeline("p") { Fallback { _ in false } }
        await #expect(throws: UnknownError()) {
            try await pipeline.execute({ throw UnknownError() }, fallback: { _ in 1 })
        }
    }

    @Test func ofTwoFallbacksEitherHandles() async throws {
        let pipeline = InTaskResiliencePipeline("p") {
            Fallback { _ in false }
            Fallback()
        }
        #expect(try await pipeline.execute({ throw UnknownError() }, fallback: { _ in 1 }) == 1)
    }
}
