import Testing

@testable import SageResilience

/// States set by hand.
struct CircuitBreakerManualStateTests {
    private typealias State = CircuitBreaker.State

    private func driver(minimumCalls: Int = 5) throws -> BreakerDriver {
        BreakerDriver(
            try CircuitBreakerConfiguration(
                window: .calls(10), minimumCalls: minimumCalls, recoveryTimeout: .seconds(5), recoveryJitter: 0))
    }

    @Test("resilience4j: disabled admits and records nothing")
    func disabledRecordsNothing() throws {
        let breaker = try driver()
        try breaker.change(to: .disabled, at: 0)
        #expect(breaker.play("FFFFF FFFFF", at: 0))
        #expect(breaker.state == .disabled)
        let snapshot = breaker.snapshot(at: 0)
        #expect(snapshot.calls == 0)
        #expect(snapshot.consecutiveFailures == 0)
        #expect(snapshot.lastFailure == nil)
        #expect(snapshot.failureRate == nil)
    }

    @Test("resilience4j: forced open refuses even after the wait")
    func forcedOpenNeverRecovers() throws {
        let breaker = try driver()
        try breaker.change(to: .forcedOpen, at: 0)
        for now in [0.0, 5, 1e6] {
            #expect(breaker.start(at: now) == nil)
            #expect(breaker.lastRejection?.reason == .circuitForcedOpen)
            #expect(breaker.lastRejection?.retryAfter == nil)
        }
        #expect(breaker.snapshot(at: 1e6).rejected == 3)
        #expect(breaker.snapshot(at: 1e6).retryAfter == nil)
        #expect(breaker.entered == [.forcedOpen])
        try breaker.change(to: .closed, at: 1e6)
        #expect(breaker.start(at: 1e6) != nil)
    }

    @Test("resilience4j: metrics only records, admits and reports an opening once")
    func metricsOnlyReportsOnce() throws {
        let breaker = try driver()
        try breaker.change(to: .metricsOnly, at: 0)
        breaker.play("FFFS", at: 0)
        #expect(breaker.wouldOpen.isEmpty)
        #expect(breaker.play("S", at: 0))
        #expect(breaker.snapshot(at: 0).failureRate == 0.6)
        #expect(breaker.wouldOpen.map(\.failureRate) == [0.6])
        #expect(breaker.play("FFFFF", at: 0))
        #expect(breaker.wouldOpen.count == 1)
        #expect(breaker.entered == [.metricsOnly])
        #expect(breaker.snapshot(at: 0).timesOpened == 0)

        try breaker.change(to: .closed, at: 0)
        #expect(breaker.snapshot(at: 0).calls == 0)
        try breaker.change(to: .metricsOnly, at: 0)
        breaker.play("FFFFF", at: 0)
        #expect(breaker.wouldOpen.count == 2)
    }

    @Test("resilience4j: an illegal transition is an error and changes nothing")
    func closedCannotBecomeHalfOpen() throws {
        let breaker = try driver()
        let ticket = try #require(breaker.start(at: 0))
        #expect(throws: CircuitBreaker.StateMachine.IllegalTransition.self) {
            try breaker.change(to: .halfOpen, at: 0)
        }
        #expect(breaker.state == .closed)
        #expect(breaker.entered.isEmpty)
        breaker.finish(ticket, .failed, at: 0)
        #expect(breaker.snapshot(at: 0).failures == 1)
    }

    @Test("resilience4j: a self-transition is no event and changes nothing", arguments: CircuitBreaker.State.allCases)
    func aChangeToTheSameStateDoesNothing(state: CircuitBreaker.State) throws {
        let breaker = try driver()
        if state != .closed { try breaker.change(to: .open, at: 0) }
        try breaker.change(to: state, at: 0)
        let before = breaker.entered.count
        let ticket = breaker.start(at: 0)
        try breaker.change(to: state, at: 3)
        #expect(breaker.entered.count == before)
        #expect(breaker.snapshot(at: 3).timeInState == .seconds(3))
        if let ticket, state == .closed {
            breaker.finish(ticket, .failed, at: 3)
            #expect(breaker.snapshot(at: 3).failures == 1)
        }
    }

    @Test func everyOtherTransitionIsLegal() throws {
        for from in State.allCases {
            for to in State.allCases where from != to && (from, to) != (.closed, .halfOpen) {
                let breaker = try driver()
                if from != .closed { try breaker.change(to: .open, at: 0) }
                try breaker.change(to: from, at: 0)
                try breaker.change(to: to, at: 1)
                #expect(breaker.state == to)
                #expect(breaker.entered.last == to)
            }
        }
    }

    @Test func resultsFromBeforeAManualChangeDoNotCount() throws {
        for state in [State.disabled, .metricsOnly, .forcedOpen] {
            let breaker = try driver(minimumCalls: 1)
            let ticket = try #require(breaker.start(at: 0))
            try breaker.change(to: state, at: 0)
            breaker.finish(ticket, .failed, at: 0)
            #expect(breaker.wouldOpen.isEmpty)
            #expect(breaker.snapshot(at: 0).lastFailure == nil)
        }
    }

    @Test func openForSetsTheRemainingTimeExactly() throws {
        let breaker = try driver()
        breaker.unitRandom = 0.9
        breaker.open(for: 3, at: 0)
        #expect(breaker.snapshot(at: 1).retryAfter == .seconds(2))
        breaker.open(for: 100, at: 1)
        #expect(breaker.entered == [.open], "still open: no event")
        #expect(breaker.snapshot(at: 1).retryAfter == .seconds(100))
        breaker.open(for: -5, at: 2)
        #expect(breaker.start(at: 2) != nil)
        #expect(breaker.state == .halfOpen)
    }

    @Test func openForOverridesAHintAndAManualOpeningDoesNot() throws {
        let breaker = try driver(minimumCalls: 1)
        let hinted = try #require(breaker.start(at: 0))
        breaker.finish(hinted, .failed(.overloaded, hint: .wait(.seconds(40))), at: 0)
        #expect(breaker.snapshot(at: 0).retryAfter == .seconds(40))
        breaker.open(for: 2, at: 0)
        #expect(breaker.snapshot(at: 0).retryAfter == .seconds(2))
        try breaker.change(to: .forcedOpen, at: 1)
        try breaker.change(to: .open, at: 1)
        #expect(breaker.snapshot(at: 1).retryAfter == .seconds(39))
    }

    @Test func resetForgetsResultsHintsAndEscalation() throws {
        let breaker = try driver(minimumCalls: 2)
        let ticket = try #require(breaker.start(at: 0))
        breaker.play("F", at: 0)
        breaker.reset(at: 0)
        breaker.finish(ticket, .failed, at: 0)
        #expect(breaker.entered.isEmpty, "a reset of a closed breaker is no transition")
        let snapshot = breaker.snapshot(at: 0)
        #expect(snapshot.calls == 0)
        #expect(snapshot.consecutiveFailures == 0)
        #expect(snapshot.lastFailure == nil)
        #expect(snapshot.recentFailures.isEmpty)

        breaker.call(.failed(.overloaded, hint: .wait(.seconds(1_000))), at: 0)
        breaker.play("F", at: 0)
        breaker.play("F", at: 1_000)
        #expect(breaker.snapshot(at: 1_000).retryAfter == .seconds(10), "lengthened once")
        breaker.reset(at: 1_000)
        #expect(breaker.state == .closed)
        breaker.play("FF", at: 1_000)
        let reopened = breaker.snapshot(at: 1_000)
        #expect(reopened.retryAfter == .seconds(5))
        #expect(reopened.timesOpened == 3, "totals since the start stay")
    }

    @Test func resetForgetsAHint() throws {
        let breaker = try driver(minimumCalls: 2)
        breaker.call(.failed(.overloaded, hint: .wait(.seconds(1_000))), at: 0)
        breaker.reset(at: 0)
        breaker.play("FF", at: 0)
        #expect(breaker.snapshot(at: 0).retryAfter == .seconds(5))
    }
}
