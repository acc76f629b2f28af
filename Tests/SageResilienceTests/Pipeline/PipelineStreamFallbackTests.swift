import SageResilience
import SageTesting
import Testing

/// An alternative for a stream, as long as nothing of it has arrived.
@Suite(.timeLimit(.minutes(1)))
struct PipelineStreamFallbackTests {
    private let clock = TestClock()
    private let recorder = EventRecorder()

    /// A stream of these elements that then fails, or ends.
    private static func source(_ elements: [Int], error: (any Error)? = nil) -> AsyncThrowingStream<Int, any Error> {
        AsyncThrowingStream { continuation in
            for element in elements { continuation.yield(element) }
            continuation.finish(throwing: error)
        }
    }

    private func pipeline(_ breaker: CircuitBreaker) throws -> ResiliencePipeline {
        try ResiliencePipeline("p", clock: clock, listener: recorder) {
            Fallback()
            try TimeLimiter(.seconds(60))
            breaker
        }
    }

    private func inTask(_ breaker: CircuitBreaker) -> InTaskResiliencePipeline {
        InTaskResiliencePipeline("p", clock: clock, listener: recorder) {
            Fallback()
            breaker
        }
    }

    private func elements(
        _ stream: PipelineStream<AsyncThrowingStream<Int, any Error>>
    ) async throws -> [Int] {
        var elements: [Int] = []
        for try await element in stream { elements.append(element) }
        return elements
    }

    @Test("takes over when the stream cannot be opened", arguments: [true, false])
    func opening(inTask: Bool) async throws {
        let breaker = CircuitBreaker("b", clock: clock)
        let stream =
            inTask
            ? try await self.inTask(breaker).stream {
                throw ServiceError.transient
            } fallback: { _ in
                Self.source([1, 2])
            }
            : try await pipeline(breaker).stream {
                throw ServiceError.transient
            } fallback: { _ in
                Self.source([1, 2])
            }
        #expect(try await elements(stream) == [1, 2])
        #expect(breaker.snapshot().calls == 1, "the alternative is unguarded")
        #expect(breaker.snapshot().failures == 1)
        #expect(recorder.events.map { "\($0)" } == ["fallback 'p' #1: alternative 1 after ServiceError"])
    }

    @Test func takesOverWhenTheStreamFailsBeforeItsFirstElement() async throws {
        let stream = try await pipeline(CircuitBreaker("b", clock: clock)).stream {
            Self.source([], error: ServiceError.transient)
        } fallback: { error in
            #expect(error as? ServiceError == .transient)
            return Self.source([7])
        }
        #expect(try await elements(stream) == [7])
    }

    @Test func doesNotTakeOverOnceAnElementHasArrived() async throws {
        let stream = try await pipeline(CircuitBreaker("b", clock: clock)).stream {
            Self.source([1], error: ServiceError.transient)
        } fallback: { _ in
            Issue.record("an element had arrived")
            return Self.source([2])
        }
        var iterator = stream.makeAsyncIterator()
        #expect(try await iterator.next() == 1)
        await #expect(throws: ServiceError.transient) { try await iterator.next() }
        #expect(recorder.events.isEmpty)
    }

    @Test("throws what no alternative can mend", arguments: [true, false])
    func unhandled(inTask: Bool) async throws {
        let breaker = CircuitBreaker("b", clock: clock)
        await #expect(throws: ServiceError.permanent) {
            if inTask {
                _ = try await self.inTask(breaker).stream {
                    throw ServiceError.permanent
                } fallback: { _ in
                    Self.source([2])
                }
            } else {
                _ = try await pipeline(breaker).stream {
                    throw ServiceError.permanent
                } fallback: { _ in
                    Self.source([2])
                }
            }
        }
    }

    @Test func throwsTheAlternativesOwnError() async throws {
        await #expect(throws: UnknownError(number: 2)) {
            try await pipeline(CircuitBreaker("b", clock: clock)).stream {
                throw ServiceError.transient
            } fallback: { _ -> AsyncThrowingStream<Int, any Error> in
                throw UnknownError(number: 2)
            }
        }
    }
}
