import SageTesting
import Testing

@testable import SageResilience

/// The shell: what a caller and a listener see.
@Suite(.timeLimit(.minutes(1)))
struct CircuitBreakerTests {
    private let clock = TestClock()
    private let recorder = EventRecorder()

    private func breaker(
        failures: Int = 1, probes: Int = 1, maxWait: Duration? = nil
    ) throws -> CircuitBreaker {
        CircuitBreaker(
            "db",
            try CircuitBreakerConfiguration(
                failureRate: nil, failureCount: failures, recoveryTimeout: .seconds(10), recoveryJitter: 0,
                halfOpenMaxCalls: probes, halfOpenMaxWait: maxWait),
            clock: clock, listener: recorder)
    }

    private func fail(_ breaker: CircuitBreaker) async {
        await #expect(throws: ServiceError.transient) { try await breaker.execute { throw ServiceError.transient } }
    }

    private var path: [String] {
        recorder.kinds.compactMap { kind in
            switch kind {
            case .circuitBreakerTransition(let from, let to, _): "\(from.rawValue)>\(to.rawValue)"
            case .circuitBreakerRejected(let reason): reason.rawValue
            case .circuitBreakerWouldOpen: "would"
            default: nil
            }
        }
    }

    @Test func returnsTheResultAndRecordsIt() async throws {
        let breaker = try breaker()
        #expect(try await breaker.execute { 42 } == 42)
        #expect(breaker.snapshot().calls == 1)
        #expect(breaker.snapshot().failures == 0)
        #expect(recorder.events.isEmpty)
    }

    @Test("gobreaker: a thrown error is recorded once and comes through unchanged")
    func recordsAnErrorOnce() async throws {
        let breaker = try breaker(failures: 3)
        let error = await #expect(throws: UnknownError.self) {
            try await breaker.execute { () throws(UnknownError) in throw UnknownError(number: 7) }
        }
        #expect(error == UnknownError(number: 7))
        #expect(breaker.snapshot().failures == 1)
        #expect(breaker.snapshot().calls == 1)
        #expect(breaker.snapshot().lastFailure?.errorType == "UnknownError")
    }

    @Test func anOpenBreakerDoesNotRunTheOperation() async throws {
        let breaker = try breaker()
        await fail(breaker)
        clock.advance(by: .seconds(4))
        let error = await #expect(throws: CircuitBreakerError.self) {
            try await breaker.execute { Issue.record("ran") }
        }
        #expect(error?.policyName == "db")
        #expect(error?.reason == .circuitOpen)
        #expect(error?.retryAfter == .seconds(6))
        #expect(breaker.snapshot().rejected == 1)
        #expect(breaker.state == .open)
    }

    @Test func goesTheWholeWayAndTellsInOrder() async throws {
        let breaker = try breaker()
        await fail(breaker)
        #expect(!breaker.admits())
        clock.advance(by: .seconds(10))
        #expect(breaker.state == .open, "changes with the next call")
        await fail(breaker)
        clock.advance(by: .seconds(20))
        try await breaker.execute {}
        #expect(
            path == [
                "closed>open", "circuit_open", "open>half_open", "half_open>open", "open>half_open",
                "half_open>closed",
            ])
        #expect(recorder.events.map(\.sequence) == Array(1...6))
        #expect(recorder.events.allSatisfy { $0.policy == PolicyIdentity(.circuitBreaker, "db") })
        #expect(recorder.events.map(\.severity) == [.warning, .debug, .info, .warning, .info, .info])
    }

    @Test func aSecondProbeIsRefusedWithItsReason() throws {
        let breaker = try breaker()
        breaker.open(for: .zero)
        let probe = try breaker.acquire()
        let error = #expect(throws: CircuitBreakerError.self) { _ = try breaker.acquire() }
        #expect(error?.reason == .halfOpenLimit)
        #expect(error?.retryAfter == nil)
        probe.succeed()
        #expect(breaker.state == .closed)
    }

    @Test func readingTheStateEndsAnOverdueTrial() throws {
        let breaker = try breaker(maxWait: .seconds(1))
        breaker.open(for: .zero)
        let probe = try breaker.acquire()
        clock.advance(by: .milliseconds(999))
        #expect(breaker.state == .halfOpen)
        clock.advance(by: .milliseconds(501))
        #expect(breaker.state == .open)
        #expect(breaker.snapshot().retryAfter == .seconds(19.5))
        probe.succeed()
        #expect(breaker.state == .open)
        #expect(path == ["closed>open", "open>half_open", "half_open>open"])
    }

    @Test func aVerdictOrAManualChangeAfterTheTrialComesTooLate() throws {
        let breaker = try breaker(maxWait: .seconds(1))
        breaker.open(for: .zero)
        let probe = try breaker.acquire()
        clock.advance(by: .seconds(2))
        probe.succeed()
        #expect(path == ["closed>open", "open>half_open", "half_open>open"])

        clock.advance(by: .seconds(19))
        let second = try breaker.acquire()
        clock.advance(by: .seconds(2))
        try breaker.transition(to: .halfOpen)
        let fresh = try breaker.acquire()
        second.ignore()
        #expect(!breaker.admits())
        fresh.succeed()
        #expect(breaker.state == .closed)
    }

    @Test func manualChangesThroughTheShell() throws {
        let breaker = try breaker()
        let error = #expect(throws: CircuitBreakerTransitionError.self) { try breaker.transition(to: .halfOpen) }
        #expect(error == CircuitBreakerTransitionError(policyName: "db", from: .closed, to: .halfOpen))
        #expect(recorder.events.isEmpty)
        try breaker.transition(to: .metricsOnly)
        try breaker.acquire().fail(ServiceError.transient)
        try breaker.acquire().fail(ServiceError.transient)
        try breaker.transition(to: .forcedOpen)
        try breaker.transition(to: .forcedOpen)
        #expect(!breaker.admits())
        breaker.reset()
        #expect(
            path == [
                "closed>metrics_only", "would", "metrics_only>forced_open", "circuit_forced_open",
                "forced_open>closed",
            ])
    }

    @Test func messagesSayWhatToDo() {
        func message(_ reason: RejectionReason, _ wait: Duration?) -> String {
            CircuitBreakerError(policyName: "db", reason: reason, retryAfter: wait).description
        }
        #expect(message(.circuitOpen, .seconds(2)) == "db: circuit breaker open, next probe in 2.0 seconds")
        #expect(message(.halfOpenLimit, nil) == "db: circuit breaker half-open, all probes in flight")
        #expect(message(.circuitForcedOpen, nil) == "db: circuit breaker forced open")
        #expect(
            CircuitBreakerTransitionError(policyName: "db", from: .closed, to: .halfOpen).description
                == "db: circuit breaker cannot go from closed to half_open")
    }

    @Test func worksWithTheDefaultClock() async throws {
        // Hours, because the time is the real one.
        let breaker = CircuitBreaker(
            "default", try CircuitBreakerConfiguration(failureCount: 1, recoveryTimeout: .seconds(36_000)))
        await fail(breaker)
        #expect(breaker.state == .open)
        let wait = try #require(breaker.snapshot().retryAfter)
        #expect(wait > .seconds(30_000) && wait <= .seconds(39_600))
    }
}
