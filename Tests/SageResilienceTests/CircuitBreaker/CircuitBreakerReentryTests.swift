import SageTesting
import Testing

@testable import SageResilience

/// The clock and the source of random numbers are the user's code: they may use the breaker that asks them.
@Suite(.timeLimit(.minutes(1)))
struct CircuitBreakerReentryTests {
    /// A clock that looks at a breaker when it is asked, and counts how often it is.
    private struct CuriousClock: Clock {
        private let base = TestClock()
        private let state = Locked((breaker: CircuitBreaker?.none, isLooking: false, readings: 0))

        var readings: Int { state.value.readings }

        func look(at breaker: CircuitBreaker?) {
            state.update { $0 = (breaker, false, 0) }
        }

        func advance(by duration: Duration) {
            base.advance(by: duration)
        }

        var now: TestClock.Instant {
            let breaker = state.update { state -> CircuitBreaker? in
                guard let breaker = state.breaker, !state.isLooking else { return nil }
                state.isLooking = true
                state.readings += 1
                return breaker
            }
            if let breaker {
                _ = breaker.state
                state.update { $0.isLooking = false }
            }
            return base.now
        }

        var minimumResolution: Duration { base.minimumResolution }

        func sleep(until deadline: TestClock.Instant, tolerance: Duration?) async throws {
            try await base.sleep(until: deadline, tolerance: tolerance)
        }
    }

    private let clock = CuriousClock()

    private func breaker(
        _ configuration: CircuitBreakerConfiguration, random: RandomSource = .constant(0.5)
    ) -> CircuitBreaker {
        let breaker = CircuitBreaker("b", configuration, clock: clock, random: random)
        clock.look(at: breaker)
        return breaker
    }

    private func fail(_ breaker: CircuitBreaker) async {
        await #expect(throws: ServiceError.transient) { try await breaker.execute { throw ServiceError.transient } }
    }

    @Test func theClockMayLookAtTheBreaker() async throws {
        let breaker = breaker(
            try CircuitBreakerConfiguration(
                failureCount: 1, slowCallDuration: .seconds(1), recoveryTimeout: .seconds(10),
                halfOpenMaxCalls: 1, halfOpenMaxWait: .seconds(60)))
        defer { clock.look(at: nil) }
        await fail(breaker)
        #expect(breaker.state == .open)
        clock.advance(by: .seconds(10))
        try await breaker.execute {}
        #expect(breaker.state == .closed)
        try breaker.transition(to: .metricsOnly)
        await fail(breaker)
        breaker.reset()
        breaker.open(for: .zero)
        breaker.tryAcquire()?.ignore()
        #expect(breaker.state == .halfOpen)
        #expect(breaker.snapshot().probesInFlight == 0)
    }

    @Test func theSourceOfRandomNumbersMayLookAtTheBreaker() async throws {
        let seen = Locked<[CircuitBreaker.State]>([])
        let itself = Locked<CircuitBreaker?>(nil)
        let random = RandomSource {
            if let breaker = itself.value {
                let state = breaker.state
                seen.update { $0.append(state) }
            }
            return 0
        }
        let breaker = breaker(
            try CircuitBreakerConfiguration(
                failureCount: 1, recoveryTimeout: .seconds(10), recoveryJitter: 0.5, halfOpenMaxCalls: 1),
            random: random)
        itself.update { $0 = breaker }
        defer {
            itself.update { $0 = nil }
            clock.look(at: nil)
        }
        await fail(breaker)
        #expect(breaker.snapshot().retryAfter == .seconds(5))
        clock.advance(by: .seconds(5))
        await fail(breaker)
        #expect(breaker.snapshot().retryAfter == .seconds(10))
        breaker.reset()
        try breaker.transition(to: .open)
        #expect(seen.value == [.closed, .halfOpen, .closed], "one number for each opening")
    }

    @Test func aSuccessThatIsNotTimedReadsNoClockUnlessItOpens() async throws {
        let breaker = breaker(try CircuitBreakerConfiguration(window: .calls(4), minimumCalls: 4, failureRate: 0.25))
        defer { clock.look(at: nil) }
        await fail(breaker)
        #expect(clock.readings == 1, "a failure has its time")
        try await breaker.execute {}
        try await breaker.execute {}
        #expect(clock.readings == 1)
        try await breaker.execute {}
        #expect(clock.readings == 2)
        #expect(breaker.state == .open)
    }

    @Test func whatIsMissingChangesNothing() throws {
        var machine = CircuitBreaker.StateMachine(
            "breaker",
            try CircuitBreakerConfiguration(window: .calls(2), minimumCalls: 1, failureRate: 0.5, halfOpenMaxCalls: 1),
            now: .zero)
        func missing(
            _ report: CircuitBreaker.StateMachine.Report, _ ticket: CircuitBreaker.Ticket, now: Moment?, _ unit: Double?
        ) -> CircuitBreaker.StateMachine.Need? {
            let counts = machine.counts
            guard case .missing(let need) = machine.record(report, for: ticket, now: now, unitRandom: unit) else {
                return nil
            }
            #expect(machine.counts == counts)
            #expect(machine.consecutiveFailures == 0)
            #expect(machine.history.last == nil)
            return need
        }
        func admitted(at now: Moment) throws -> CircuitBreaker.Ticket {
            let (admission, _) = machine.admit(now: now)
            guard case .admitted(let ticket) = admission else { throw UnknownError() }
            return ticket
        }
        let ticket = try admitted(at: .zero)
        #expect(missing(.success, ticket, now: nil, nil) == nil)
        #expect(missing(.failed, ticket, now: nil, 0.5) == .moment)
        #expect(missing(.failed, ticket, now: .zero, nil) == .unitRandom)
        #expect(machine.state == .closed)
        _ = machine.open(forNanoseconds: 0, now: .zero)
        let probe = try admitted(at: .zero)
        for report in [CircuitBreaker.StateMachine.Report.success, .failed, .ignored(hint: nil)] {
            #expect(missing(report, probe, now: nil, 0.5) == .moment)
        }
        #expect(missing(.failed, probe, now: .zero, nil) == .unitRandom)
        #expect(machine.trial.inFlight == 1)
        #expect(missing(.success, probe, now: .zero, nil) == nil)
        #expect(machine.state == .closed)
    }
}
