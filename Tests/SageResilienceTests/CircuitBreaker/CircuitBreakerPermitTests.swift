import SageResilience
import SageTesting
import Testing

/// The two-step form: who holds a permit, and what becomes of it.
@Suite(.timeLimit(.minutes(1)))
struct CircuitBreakerPermitTests {
    private func halfOpen(probes: Int = 1) throws -> CircuitBreaker {
        let breaker = CircuitBreaker(
            "breaker",
            try CircuitBreakerConfiguration(recoveryTimeout: .seconds(10), halfOpenMaxCalls: probes), clock: TestClock()
        )
        breaker.open(for: .zero)
        return breaker
    }

    @Test func verdictsCount() throws {
        let breaker = try halfOpen(probes: 2)
        try breaker.acquire().succeed()
        try breaker.acquire().ignore()
        #expect(breaker.state == .halfOpen)
        try breaker.acquire().succeed()
        #expect(breaker.state == .closed)
        try breaker.acquire().fail(ServiceError.transient)
        #expect(breaker.snapshot().failures == 1)
    }

    @Test func aDroppedPermitGivesItsPlaceBack() throws {
        let breaker = try halfOpen()
        for _ in 0..<10 {
            let permit = try breaker.acquire()
            #expect(breaker.snapshot().probesInFlight == 1)
            drop(permit)
            #expect(breaker.snapshot().probesInFlight == 0)
        }
        #expect(breaker.state == .halfOpen)
    }

    private func drop(_ permit: consuming CircuitBreaker.Permit) {}

    @Test func aPermitDroppedByAnErrorGivesItsPlaceBack() throws {
        let breaker = try halfOpen()
        func lose() throws {
            let permit = try breaker.acquire()
            try fail()
            permit.succeed()
        }
        func fail() throws { throw UnknownError() }
        #expect(throws: UnknownError.self, performing: lose)
        #expect(breaker.snapshot().probesInFlight == 0)
    }

    @Test func theFirstVerdictOfASharedPermitWins() throws {
        let breaker = try halfOpen()
        let permit = try breaker.acquire().shared()
        #expect(breaker.snapshot().probesInFlight == 1)
        permit.succeed()
        permit.fail(ServiceError.transient)
        permit.ignore()
        #expect(breaker.state == .closed)
        #expect(breaker.snapshot().calls == 0)
        let second = try breaker.acquire().shared()
        second.ignore()
        second.fail(ServiceError.transient)
        #expect(breaker.snapshot().calls == 0)
    }

    @Test("whether a call was cancelled is read from the task that reports", arguments: [false, true])
    func theReportersTaskSaysWhoCancelled(isReporterCancelled: Bool) async throws {
        let breaker = CircuitBreaker("breaker", clock: TestClock())
        let permit = try breaker.acquire().shared()
        await withTaskGroup(of: Void.self) { group in
            if isReporterCancelled { group.cancelAll() }
            group.addTask { permit.fail(ServiceError.transient) }
        }
        #expect(breaker.snapshot().failures == (isReporterCancelled ? 0 : 1))
    }

    @Test func theLastReferenceGivesThePlaceBack() throws {
        let breaker = try halfOpen()
        var references = [try breaker.acquire().shared()]
        references.append(references[0])
        references.removeFirst()
        #expect(breaker.snapshot().probesInFlight == 1)
        references.removeFirst()
        #expect(breaker.snapshot().probesInFlight == 0)
        #expect(breaker.state == .halfOpen)
    }

    @Test func oneOfManyVerdictsAtOnceCounts() async throws {
        let breaker = CircuitBreaker("breaker", try CircuitBreakerConfiguration(failureRate: nil), clock: TestClock())
        for round in 1...50 {
            let permit = try breaker.acquire().shared()
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask { permit.succeed() }
                    group.addTask { permit.fail(ServiceError.transient) }
                }
            }
            #expect(breaker.snapshot().calls == round)
        }
    }

    @Test func aPermitTravelsWithAStream() async throws {
        let breaker = try halfOpen()
        let permit = try breaker.acquire().shared()
        let (stream, continuation) = AsyncThrowingStream.makeStream(of: Int.self)
        continuation.onTermination = { end in
            switch end {
            case .finished(nil): permit.succeed()
            case .finished(let error?): permit.fail(error)
            default: permit.ignore()
            }
        }
        continuation.yield(1)
        #expect(!breaker.admits())
        continuation.finish()
        for try await element in stream { #expect(element == 1) }
        #expect(breaker.state == .closed)
    }

    @Test("A stream is slow by its first token, not by its length", arguments: [(1, false), (9, true)])
    func theFirstTokenEndsTheDuration(secondsToFirstToken: Int, isSlow: Bool) throws {
        let clock = TestClock()
        let configuration = try CircuitBreakerConfiguration(slowCallDuration: .seconds(5))
        let breaker = CircuitBreaker("stream", configuration, clock: clock)
        let permit = try breaker.acquire().shared()
        clock.advance(by: .seconds(secondsToFirstToken))
        permit.stopTiming()
        clock.advance(by: .seconds(60))
        permit.stopTiming()
        permit.succeed()
        let snapshot = breaker.snapshot()
        #expect(snapshot.slowCalls == (isSlow ? 1 : 0))
        #expect(snapshot.totalDuration == .seconds(secondsToFirstToken))
    }
}
