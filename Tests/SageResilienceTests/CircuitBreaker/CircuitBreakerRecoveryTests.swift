import Testing

@testable import SageResilience

/// How long a breaker stays open.
struct CircuitBreakerRecoveryTests {
    private func driver(
        jitter: Double = 0, multiplier: Double = 2, cap: Duration = .seconds(300), maxWait: Duration? = nil,
        maxServerHint: Duration = .seconds(3_600)
    ) throws -> BreakerDriver {
        BreakerDriver(
            try CircuitBreakerConfiguration(
                failureRate: nil, failureCount: 1, recoveryTimeout: .seconds(10), recoveryJitter: jitter,
                recoveryMultiplier: multiplier, maxRecoveryTimeout: cap, stableAfter: .seconds(60),
                halfOpenMaxCalls: 1, halfOpenMaxWait: maxWait, maxServerHint: maxServerHint))
    }

    /// Fails at a time; the seconds until the next probe.
    private func fail(_ breaker: BreakerDriver, at now: Double) -> Double? {
        breaker.play("F", at: now)
        return breaker.snapshot(at: now).retryAfter?.seconds
    }

    @Test func eachFailedRecoveryLengthensTheNextUpToTheCap() throws {
        let breaker = try driver(cap: .seconds(75))
        var now = 0.0
        for expected in [10.0, 20, 40, 75, 75, 75] {
            #expect(fail(breaker, at: now) == expected)
            now += expected
        }
        #expect(breaker.snapshot(at: now).timesOpened == 6)
    }

    @Test func theCapIsNeverBelowTheRecoveryTimeout() throws {
        let breaker = try driver(cap: .seconds(1))
        #expect(fail(breaker, at: 0) == 10)
        #expect(fail(breaker, at: 10) == 10)
    }

    @Test(arguments: [(59.0, 20.0), (59.999, 20), (60, 10), (1_000, 10)])
    func onlyASustainedClosedPeriodForgetsFailedRecoveries(closedFor: Double, expected: Double) throws {
        let breaker = try driver()
        #expect(fail(breaker, at: 0) == 10)
        #expect(fail(breaker, at: 10) == 20)
        breaker.play("S", at: 30)
        #expect(breaker.state == .closed)
        #expect(fail(breaker, at: 30 + closedFor) == expected)
    }

    @Test func timeInOtherStatesIsNotSustainedClosedTime() throws {
        for state in [CircuitBreaker.State.forcedOpen, .disabled, .metricsOnly] {
            let breaker = try driver()
            #expect(fail(breaker, at: 0) == 10)
            #expect(fail(breaker, at: 10) == 20)
            try breaker.change(to: state, at: 30)
            try breaker.change(to: .open, at: 1_000)
            #expect(breaker.snapshot(at: 1_000).retryAfter == .seconds(20), "\(state)")
        }
    }

    @Test func sustainedClosedTimeCountsWhateverFollowsIt() throws {
        let breaker = try driver()
        #expect(fail(breaker, at: 0) == 10)
        #expect(fail(breaker, at: 10) == 20)
        breaker.play("S", at: 30)
        try breaker.change(to: .disabled, at: 100)
        try breaker.change(to: .open, at: 101)
        #expect(breaker.snapshot(at: 101).retryAfter == .seconds(10))
    }

    @Test(arguments: [(0.0, 7.5), (0.5, 10), (0.8, 11.5)])
    func jitterSpreadsToBothSides(unit: Double, expected: Double) throws {
        let breaker = try driver(jitter: 0.25)
        breaker.unitRandom = unit
        #expect(fail(breaker, at: 0) == expected)
    }

    @Test func theDefaultJitterIsATenth() throws {
        let configuration = try CircuitBreakerConfiguration(failureCount: 1, recoveryTimeout: .seconds(10))
        for (unit, expected) in [(0.0, 9.0), (0.5, 10), (0.75, 10.5)] {
            let breaker = BreakerDriver(configuration)
            breaker.unitRandom = unit
            #expect(fail(breaker, at: 0) == expected)
        }
    }

    @Test(
        "a server's hint lengthens and never shortens, up to its maximum",
        arguments: [(5.0, 10.0), (10, 10), (25, 25), (100, 50), (-3, 10), (0, 10)])
    func hints(hint: Double, expected: Double) throws {
        let breaker = try driver(maxServerHint: .seconds(50))
        breaker.call(.failed(.overloaded, hint: .wait(.seconds(hint))), at: 0)
        #expect(breaker.snapshot(at: 0).retryAfter == .seconds(expected))
    }

    @Test func theLatestInstantOfAllHintsCounts() throws {
        let breaker = BreakerDriver(
            try CircuitBreakerConfiguration(
                failureRate: nil, failureCount: 2, recoveryTimeout: .seconds(10), recoveryJitter: 0))
        breaker.call(.failed(.overloaded, hint: .wait(.seconds(30))), at: 0)
        breaker.call(.failed(.overloaded, hint: .wait(.seconds(5))), at: 8)
        #expect(breaker.snapshot(at: 8).retryAfter == .seconds(22))
        #expect(breaker.start(at: 29.999) == nil)
        #expect(breaker.start(at: 30) != nil)
    }

    @Test("a success ends what was asked for before it", arguments: [false, true])
    func aSuccessForgetsTheHint(isTimed: Bool) throws {
        let breaker = BreakerDriver(
            try CircuitBreakerConfiguration(
                failureRate: nil, consecutiveFailures: 2, slowCallDuration: isTimed ? .seconds(60) : nil,
                recoveryTimeout: .seconds(10), recoveryJitter: 0))
        breaker.call(.failed(.overloaded, hint: .wait(.seconds(3_000))), at: 0)
        breaker.play("S", at: 1)
        breaker.play("FF", at: 600)
        #expect(breaker.snapshot(at: 600).retryAfter == .seconds(10))
    }

    @Test("whoever closes the breaker ends what was asked for before", arguments: [false, true])
    func closingForgetsTheHint(byHand: Bool) throws {
        let breaker = try driver()
        breaker.call(.failed(.overloaded, hint: .wait(.seconds(3_000))), at: 0)
        #expect(breaker.snapshot(at: 0).retryAfter == .seconds(3_000))
        if byHand {
            try breaker.change(to: .closed, at: 1)
        } else {
            try breaker.change(to: .halfOpen, at: 1)
            breaker.play("S", at: 1)
        }
        #expect(breaker.state == .closed)
        #expect(fail(breaker, at: 2) == 10)
    }

    @Test func hugeNumbersSaturate() throws {
        let huge = Duration(attoseconds: .max)
        let breaker = BreakerDriver(
            try CircuitBreakerConfiguration(
                failureRate: nil, failureCount: 1, recoveryTimeout: huge, recoveryMultiplier: 1e300,
                maxRecoveryTimeout: huge, stableAfter: huge, halfOpenMaxWait: huge, maxServerHint: huge))
        breaker.call(.failed(.overloaded, hint: .wait(huge)), at: 1)
        #expect(breaker.start(at: 9e9) == nil)
        try breaker.change(to: .halfOpen, at: 9e9)
        breaker.play("F", at: 9.1e9)
        #expect(breaker.start(at: 9.2e9) == nil)
        breaker.open(for: 9e9, at: 9.2e9)
        #expect(breaker.start(at: 9.21e9) == nil)
    }

    @Test func aTrialThatEndsUnobservedOpensAsOfItsEnd() throws {
        // The probe hangs from 10 on; the trial ends at 11 and the next is due at 31, whether anybody looks or not.
        for looks in [[], [11.0], [11, 20, 30.9]] {
            let breaker = try driver(maxWait: .seconds(1))
            breaker.play("F", at: 0)
            let hanging = try #require(breaker.start(at: 10))
            for look in looks {
                breaker.look(at: look)
                #expect(breaker.state == .open)
                #expect(breaker.start(at: look) == nil)
            }
            #expect(breaker.start(at: 31) != nil, "looks at \(looks)")
            #expect(breaker.entered == [.open, .halfOpen, .open, .halfOpen])
            breaker.finish(hanging, .success, at: 31)
            #expect(breaker.state == .halfOpen, "the probe of the ended trial says nothing")
        }
    }

    @Test func aVerdictAfterTheMaximumWaitIsTooLate() throws {
        for report in [CircuitBreaker.StateMachine.Report.success, .failed, .ignored(hint: nil)] {
            let breaker = try driver(maxWait: .seconds(1))
            breaker.play("F", at: 0)
            let probe = try #require(breaker.start(at: 10))
            breaker.finish(probe, report, at: 11.5)
            #expect(breaker.state == .open)
            #expect(breaker.snapshot(at: 11.5).retryAfter == .seconds(19.5))
        }
    }
}
