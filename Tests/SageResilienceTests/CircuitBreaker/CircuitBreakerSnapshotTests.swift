import Testing

@testable import SageResilience

struct CircuitBreakerSnapshotTests {
    @Test func knowsWhatHappened() throws {
        let breaker = BreakerDriver(
            try CircuitBreakerConfiguration(
                minimumCalls: 3, failureRate: nil, failureCount: 4, slowCallDuration: .seconds(10),
                recoveryTimeout: .seconds(30), recoveryJitter: 0, halfOpenMaxCalls: 2))
        breaker.play("S", at: 0, took: 2)
        breaker.call(.failed(.overloaded), at: 1, took: 1)
        var snapshot = breaker.snapshot(at: 5)
        #expect(snapshot.state == .closed)
        #expect(snapshot.timeInState == .seconds(5))
        #expect(snapshot.calls == 2)
        #expect(snapshot.failures == 1)
        #expect(snapshot.totalDuration == .seconds(3))
        #expect(snapshot.failureRate == nil, "fewer than the minimum")
        #expect(snapshot.slowCallRate == nil)
        #expect(snapshot.consecutiveFailures == 1)
        #expect(snapshot.lastFailure?.age == .seconds(3))
        #expect(snapshot.lastFailure?.errorType == "UnknownError")
        #expect(snapshot.lastFailure?.errorClass == .overloaded)
        #expect(snapshot.retryAfter == nil)
        #expect(snapshot.probesInFlight == 0)

        breaker.play("SS", at: 6)
        snapshot = breaker.snapshot(at: 6)
        #expect(snapshot.failureRate == 0.25)
        #expect(snapshot.slowCallRate == 0)
        #expect(snapshot.consecutiveFailures == 0)

        breaker.play("FFF", at: 10)
        #expect(breaker.state == .open)
        snapshot = breaker.snapshot(at: 12)
        #expect(snapshot.state == .open)
        #expect(snapshot.timeInState == .seconds(2))
        #expect(snapshot.calls == 7, "what led to the opening")
        #expect(snapshot.failureRate == 4.0 / 7)
        #expect(snapshot.consecutiveFailures == 3)
        #expect(snapshot.retryAfter == .seconds(28))
        #expect(snapshot.timesOpened == 1)
        #expect(snapshot.recentFailures == [.seconds(2), .seconds(2), .seconds(2), .seconds(10)])
        #expect(snapshot.failuresPerMinute == 4)

        #expect(breaker.start(at: 40) != nil)
        snapshot = breaker.snapshot(at: 40)
        #expect(snapshot.state == .halfOpen)
        #expect(snapshot.probesInFlight == 1)
        #expect(snapshot.calls == 0)
        #expect(snapshot.retryAfter == nil)
    }

    @Test func theTransitionCarriesWhatLedToIt() throws {
        let breaker = BreakerDriver(try CircuitBreakerConfiguration(minimumCalls: 4, recoveryJitter: 0))
        breaker.play("SFSF", at: 3)
        let opening = try #require(breaker.snapshots.first)
        #expect(opening.state == .open)
        #expect(opening.calls == 4)
        #expect(opening.failureRate == 0.5)
        #expect(opening.retryAfter == .seconds(30))
        #expect(opening.timesOpened == 1)
        breaker.play("SSS", at: 40)
        let closing = try #require(breaker.snapshots.last)
        #expect(closing.state == .closed)
        #expect(closing.calls == 3, "the probes")
        #expect(breaker.snapshot(at: 40).calls == 0)
    }

    @Test func recentFailuresAreTheLast64NewestFirst() throws {
        let breaker = BreakerDriver(try CircuitBreakerConfiguration(failureRate: nil))
        for second in 0..<100 { breaker.play("F", at: Double(second)) }
        let ages = breaker.snapshot(at: 100).recentFailures
        #expect(ages == (1...64).map { .seconds($0) })
        #expect(breaker.snapshot(at: 1_000).recentFailures.first == .seconds(901))
    }

    @Test func failuresPerMinuteLooksAMinuteBack() throws {
        let breaker = BreakerDriver(try CircuitBreakerConfiguration(failureRate: nil))
        for second in [0.0, 30, 59] { breaker.play("F", at: second) }
        #expect(breaker.snapshot(at: 59).failuresPerMinute == 3)
        #expect(breaker.snapshot(at: 60).failuresPerMinute == 2)
        #expect(breaker.snapshot(at: 200).failuresPerMinute == 0)
    }

    @Test func failuresPerMinuteExtrapolatesWhenMoreCameThanAreKept() throws {
        let breaker = BreakerDriver(try CircuitBreakerConfiguration(failureRate: nil))
        // Ten a second; the 64 that are kept span 6.3 s.
        for index in 0..<200 { breaker.play("F", at: Double(index) / 10) }
        #expect(abs(breaker.snapshot(at: 19.9).failuresPerMinute - 64 * 60 / 6.3) < 1e-6)
    }
}
