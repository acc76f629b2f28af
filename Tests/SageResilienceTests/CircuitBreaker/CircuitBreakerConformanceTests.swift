import Testing

@testable import SageResilience

/// The cases that other libraries' tests agree on, each named by where it comes from.
struct CircuitBreakerConformanceTests {
    private func timeWindow20() throws -> CircuitBreakerConfiguration {
        try CircuitBreakerConfiguration(window: .time(.seconds(20), buckets: 20), minimumCalls: 5, failureRate: 0.5)
    }

    @Test("resilience4j: no rate below the minimum of calls")
    func opensOnlyFromTheMinimumOfCalls() throws {
        let breaker = BreakerDriver(try timeWindow20())
        breaker.play("FFFS", at: 0)
        #expect(breaker.state == .closed)
        #expect(breaker.snapshot(at: 0).failureRate == nil)
        breaker.play("S", at: 0)
        #expect(breaker.state == .open)
        let snapshot = breaker.snapshot(at: 0)
        #expect(snapshot.failureRate == 0.6)
        #expect(snapshot.failures == 3)
        #expect(snapshot.calls == 5)
        #expect(!breaker.call(.success, at: 0))
        #expect(breaker.snapshot(at: 0).rejected == 1)
    }

    @Test("resilience4j: the threshold itself opens")
    func opensAtTheThreshold() throws {
        let breaker = BreakerDriver(try timeWindow20())
        for (second, result) in ["S", "S", "S", "F", "F"].enumerated() { breaker.play(result, at: Double(second)) }
        #expect(breaker.state == .closed)
        #expect(breaker.snapshot(at: 4).failureRate == 0.4)
        breaker.play("F", at: 5)
        #expect(breaker.state == .open)
        #expect(breaker.snapshot(at: 5).failureRate == 0.5)
    }

    @Test("resilience4j: slow calls open whether they fail or not")
    func opensAtSlowCalls() throws {
        let breaker = BreakerDriver(
            try CircuitBreakerConfiguration(
                window: .calls(10), minimumCalls: 5, failureRate: nil, slowCallDuration: .seconds(4),
                slowCallRate: 0.5))
        for (result, duration) in [("F", 5.0), ("S", 5), ("F", 0.1), ("S", 0.1)] {
            breaker.play(result, at: 0, took: duration)
        }
        #expect(breaker.state == .closed)
        breaker.play("S", at: 0, took: 5)
        #expect(breaker.state == .open)
        let snapshot = breaker.snapshot(at: 5)
        #expect(snapshot.slowCalls == 3)
        #expect(snapshot.slowCallRate == 0.6)
    }

    @Test("resilience4j: each half-open period has fresh permits")
    func halfOpenAdmitsSoManyAndStartsAfresh() throws {
        let breaker = BreakerDriver(
            try CircuitBreakerConfiguration(
                recoveryTimeout: .seconds(5), recoveryJitter: 0, recoveryMultiplier: 1, halfOpenMaxCalls: 4))
        try breaker.change(to: .open, at: 0)
        for start in [5.0, 10] {
            let probes = (0..<4).compactMap { _ in breaker.start(at: start) }
            try #require(probes.count == 4)
            #expect(breaker.start(at: start) == nil)
            #expect(breaker.lastRejection?.reason == .halfOpenLimit)
            breaker.finish(probes[0], .failed, at: start)
            #expect(breaker.state == .open)
        }
    }

    @Test(
        "resilience4j: a ratio in half-open, decided as soon as no later result can change it",
        arguments: [
            // Their test goes on to F F S F; two failures of four are half already.
            ("F F", 0.0, CircuitBreaker.State.open, 1.0),
            ("S F F", 0.0, .open, 2.0 / 3),
            ("F S S S", 0.0, .closed, 0.25),
            ("S S S", 0.0, .closed, 0),
            ("S S", 5.0, .open, 0),
        ])
    func halfOpenDecidesByRatio(
        results: String, took: Double, verdict: CircuitBreaker.State, failureRate: Double
    ) throws {
        let breaker = BreakerDriver(
            try CircuitBreakerConfiguration(
                slowCallDuration: .seconds(4), slowCallRate: 0.5, halfOpenMaxCalls: 4, halfOpenFailureRate: 0.5))
        try breaker.change(to: .open, at: 0)
        try breaker.change(to: .halfOpen, at: 0)
        for index in results.filter({ $0 != " " }).indices {
            #expect(breaker.state == .halfOpen, "decided before \(results[index...])")
            breaker.play(String(results.filter { $0 != " " }[index]), at: 0, took: took)
        }
        #expect(breaker.state == verdict)
        let decisive = try #require(breaker.snapshots.last)
        #expect(Double(decisive.failures) / Double(decisive.calls) == failureRate)
        let after = breaker.snapshot(at: 5)
        #expect(after.calls == (verdict == .closed ? 0 : results.filter { $0 != " " }.count))
        #expect(verdict == .closed || after.failureRate == failureRate)
    }

    /// With half of four the verdict falls after two results; with three quarters their sequences are decided by the last
    /// probe, as in their test.
    @Test(
        "resilience4j: a ratio in half-open, with the numbers of their sequences",
        arguments: [("F F S F", "----", 0.75, 0.0), ("S S S S", "ss-s", 0.0, 0.75), ("S S S S", "s-ss", 0.0, 0.75)])
    func halfOpenDecidesByTheLastProbe(results: String, speed: String, failureRate: Double, slowRate: Double) throws {
        let breaker = BreakerDriver(
            try CircuitBreakerConfiguration(
                slowCallDuration: .seconds(4), slowCallRate: 0.75, halfOpenMaxCalls: 4, halfOpenFailureRate: 0.75))
        try breaker.change(to: .open, at: 0)
        try breaker.change(to: .halfOpen, at: 0)
        for (result, speed) in zip(results.filter { $0 != " " }, speed) {
            #expect(breaker.state == .halfOpen)
            breaker.play(String(result), at: 0, took: speed == "s" ? 5 : 0)
        }
        #expect(breaker.state == .open)
        #expect(breaker.snapshot(at: 5).calls == 4)
        #expect(breaker.snapshot(at: 5).failureRate == failureRate)
        #expect(breaker.snapshot(at: 5).slowCallRate == slowRate)
    }

    @Test("resilience4j: open refuses before, admits at and after the time")
    func openEndsAtTheWait() throws {
        let breaker = BreakerDriver(
            try CircuitBreakerConfiguration(recoveryTimeout: .seconds(5), recoveryJitter: 0))
        try breaker.change(to: .open, at: 0)
        #expect(!breaker.call(.success, at: 3))
        #expect(breaker.lastRejection?.reason == .circuitOpen)
        #expect(breaker.lastRejection?.retryAfter == .seconds(2))
        #expect(breaker.snapshot(at: 3).rejected == 1)
        #expect(breaker.start(at: 6) != nil)
        #expect(breaker.state == .halfOpen)

        breaker.open(for: 7_200, at: 10)
        #expect(!breaker.call(.success, at: 3_610))
        #expect(breaker.snapshot(at: 3_610).retryAfter == .seconds(3_600))
        #expect(!breaker.call(.success, at: 7_209.999_999_999))
        #expect(breaker.start(at: 7_210) != nil)
        breaker.open(for: 7_200, at: 10_000)
        #expect(breaker.start(at: 17_201) != nil)
    }

    @Test("resilience4j: no verdict within the maximum wait opens again")
    func halfOpenEndsAtTheMaximumWait() throws {
        let breaker = BreakerDriver(
            try CircuitBreakerConfiguration(
                recoveryTimeout: .seconds(5), recoveryJitter: 0, recoveryMultiplier: 1, halfOpenMaxWait: .seconds(1)))
        try breaker.change(to: .open, at: 0)
        let probe = try #require(breaker.start(at: 5))
        breaker.look(at: 5.999_999_999)
        #expect(breaker.state == .halfOpen)
        breaker.look(at: 6)
        #expect(breaker.state == .open)
        breaker.finish(probe, .success, at: 6)
        #expect(breaker.state == .open)
    }

    @Test("resilience4j: a time window forgets what started before it")
    func timeWindowForgets() throws {
        let breaker = BreakerDriver(
            try CircuitBreakerConfiguration(
                window: .time(.seconds(5), buckets: 5), minimumCalls: 100, slowCallDuration: .milliseconds(500)))
        breaker.play("F", at: 0, took: 0.1)
        breaker.play("S", at: 0.1, took: 0.1)
        breaker.play("F", at: 0.8, took: 1)
        for now in [1.8, 4.8] {
            let snapshot = breaker.snapshot(at: now)
            #expect(snapshot.calls == 3)
            #expect(snapshot.failures == 2)
            #expect(snapshot.slowCalls == 1)
            #expect(snapshot.totalDuration == .milliseconds(1_200))
        }
        let empty = breaker.snapshot(at: 5.8)
        #expect(empty.calls == 0)
        #expect(empty.failures == 0)
        #expect(empty.slowCalls == 0)
        #expect(empty.totalDuration == .zero)
    }

    @Test("failsafe-go: a ring of 100 evicts the oldest")
    func ringEvictsTheOldest() throws {
        var window = CallWindow(.calls(100))
        func record(_ isFailure: Bool) {
            window.record(
                CallResult(isFailure: isFailure, isSlow: false, nanoseconds: 0), startedAt: .zero, now: .zero)
        }
        for index in 0..<50 { record(index % 3 != 0) }
        #expect(window.totals.calls == 50)
        #expect(window.totals.failures == 33)
        for _ in 0..<100 { record(false) }
        #expect(window.totals.calls == 100)
        #expect(window.totals.failures == 0)
    }

    @Test("gobreaker: consecutive failures, the wait, the way back")
    func consecutiveFailuresOpen() throws {
        let breaker = BreakerDriver(
            try CircuitBreakerConfiguration(
                failureRate: nil, consecutiveFailures: 6, recoveryTimeout: .seconds(60), recoveryJitter: 0,
                recoveryMultiplier: 1, halfOpenMaxCalls: 1))
        breaker.play("FFFFF", at: 0)
        #expect(breaker.state == .closed)
        breaker.play("S FFFFF", at: 0)
        #expect(breaker.state == .closed)
        breaker.play("F", at: 0)
        #expect(breaker.state == .open)
        #expect(!breaker.call(.success, at: 59.999))
        #expect(breaker.play("F", at: 60))
        #expect(breaker.state == .open)
        #expect(!breaker.call(.success, at: 119.999))
        #expect(breaker.play("S", at: 120))
        #expect(breaker.state == .closed)
        #expect(breaker.entered == [.open, .halfOpen, .open, .halfOpen, .closed])
    }

    @Test("gobreaker: a result of an earlier generation changes nothing")
    func staleResultsChangeNothing() throws {
        let breaker = BreakerDriver(
            try CircuitBreakerConfiguration(
                failureRate: nil, failureCount: 1, recoveryTimeout: .seconds(5), recoveryJitter: 0,
                halfOpenMaxCalls: 1))
        let stale = [0.0, 0, 0].compactMap { breaker.start(at: $0) }
        try #require(stale.count == 3)
        breaker.play("F", at: 0)
        breaker.finish(stale[0], .failed, at: 1)
        #expect(breaker.snapshot(at: 1).failures == 1)
        #expect(breaker.snapshot(at: 1).recentFailures.count == 1)
        let probe = try #require(breaker.start(at: 5))
        // Were they counted as probes, these would give its slot away, open or close.
        breaker.finish(stale[1], .ignored(hint: nil), at: 5)
        #expect(breaker.start(at: 5) == nil)
        breaker.finish(stale[1], .success, at: 5)
        breaker.finish(stale[2], .failed, at: 5)
        #expect(breaker.state == .halfOpen)
        breaker.finish(probe, .success, at: 5)
        #expect(breaker.state == .closed)
        breaker.finish(stale[2], .failed, at: 5)
        breaker.finish(probe, .failed, at: 5)
        #expect(breaker.state == .closed)
        #expect(breaker.snapshot(at: 5).calls == 0)
    }
}
