import SageResilience
import SageTesting
import Synchronization
import Testing

/// Many tasks and one breaker; meant for the thread sanitizer as well.
@Suite(.timeLimit(.minutes(1)))
struct CircuitBreakerConcurrencyTests {
    /// Counts who is inside, and the most that were inside at once.
    private final class Turnstile: Sendable {
        private let inside = Atomic(0)
        private let most = Atomic(0)

        var maximum: Int { most.load(ordering: .relaxed) }

        func enter() {
            let now = inside.add(1, ordering: .relaxed).newValue
            most.max(now, ordering: .relaxed)
        }

        func leave() {
            inside.subtract(1, ordering: .relaxed)
        }
    }

    @Test(arguments: [1, 3])
    func halfOpenNeverHasMoreProbesInFlight(probes: Int) async throws {
        // So many successes are needed that the trial never ends.
        let breaker = CircuitBreaker(
            "breaker", try CircuitBreakerConfiguration(halfOpenMaxCalls: probes, successesToClose: 1_000_000),
            clock: TestClock())
        breaker.open(for: .zero)
        let turnstile = Turnstile()
        let counts = await withTaskGroup(of: (admitted: Int, refused: Int).self) { group in
            for task in 0..<8 {
                group.addTask {
                    var counts = (admitted: 0, refused: 0)
                    for round in 0..<500 {
                        guard let permit = breaker.tryAcquire() else {
                            counts.refused += 1
                            continue
                        }
                        turnstile.enter()
                        counts.admitted += 1
                        // Left before the place is free again.
                        turnstile.leave()
                        switch (task + round) % 3 {
                        case 0: permit.succeed()
                        case 1: permit.ignore()
                        default: permit.shared().ignore()
                        }
                    }
                    return counts
                }
            }
            return await group.reduce((admitted: 0, refused: 0)) { sum, counts in
                (sum.admitted + counts.admitted, sum.refused + counts.refused)
            }
        }
        #expect(turnstile.maximum >= 1 && turnstile.maximum <= probes)
        #expect(counts.admitted + counts.refused == 4_000)
        #expect(breaker.snapshot().rejected == UInt64(counts.refused))
        #expect(breaker.snapshot().probesInFlight == 0, "issued = returned")
        #expect(breaker.state == .halfOpen)
    }

    @Test func countsEveryCallOnce() async throws {
        let breaker = CircuitBreaker(
            "breaker", try CircuitBreakerConfiguration(window: .calls(100_000), failureRate: nil), clock: TestClock())
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for round in 0..<500 {
                        try? await breaker.execute {
                            if (task + round) % 4 == 0 { throw ServiceError.transient }
                        }
                    }
                }
            }
        }
        #expect(breaker.snapshot().calls == 4_000)
        #expect(breaker.snapshot().failures == 1_000)
    }

    @Test func everythingAtOnceKeepsTheStoryConsistent() async throws {
        let (clock, recorder) = (TestClock(), EventRecorder())
        let breaker = CircuitBreaker(
            "breaker",
            try CircuitBreakerConfiguration(
                failureRate: nil, failureCount: 2, slowCallDuration: .seconds(1), recoveryTimeout: .milliseconds(5),
                maxRecoveryTimeout: .milliseconds(5), halfOpenMaxWait: .milliseconds(3)),
            clock: clock, random: .seeded(1), listener: recorder)
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<6 {
                group.addTask {
                    for round in 0..<300 {
                        try? await breaker.execute {
                            if (task &* 31 + round) % 3 == 0 { throw ServiceError.transient }
                        }
                        clock.advance(by: .microseconds(200))
                        switch (task, round % 50) {
                        case (0, 49): breaker.reset()
                        case (1, 49): try? breaker.transition(to: .halfOpen)
                        case (2, 49): breaker.open(for: .milliseconds(1))
                        case (3, _): _ = breaker.snapshot()
                        default: _ = breaker.state
                        }
                    }
                }
            }
        }
        // Whoever delivers last may have left events to the next caller; each look at the state delivers its share.
        for _ in 0...(EventEmitter.mostPending / EventEmitter.mostPerCaller) { _ = breaker.state }
        #expect(recorder.events.map(\.sequence) == (1...UInt64(recorder.events.count)).map { $0 })
        var state = CircuitBreaker.State.closed
        for case .circuitBreakerTransition(let from, let to, let snapshot) in recorder.kinds {
            #expect(from == state)
            #expect(from != to)
            #expect(snapshot.state == to)
            state = to
        }
        #expect(state == breaker.state)
        #expect(breaker.snapshot().timesOpened > 0)
    }

    /// Uses the breaker from inside its own event; under a lock this would never return.
    private final class Meddler: ResilienceListener {
        private let breaker = Mutex<CircuitBreaker?>(nil)
        private let heard = Mutex<[String]>([])

        var story: [String] { heard.withLock { $0 } }

        func watch(_ breaker: CircuitBreaker) {
            self.breaker.withLock { $0 = breaker }
        }

        func receive(_ event: ResilienceEvent) {
            guard let breaker = breaker.withLock({ $0 }),
                case .circuitBreakerTransition(_, let to, _) = event.kind
            else { return }
            heard.withLock { $0.append("\(event.sequence) \(to.rawValue), now \(breaker.state.rawValue)") }
            _ = breaker.snapshot()
            if to == .open {
                _ = breaker.admits()
                breaker.reset()
            }
        }
    }

    @Test func aListenerMayUseTheBreaker() async throws {
        let meddler = Meddler()
        let breaker = CircuitBreaker(
            "breaker", try CircuitBreakerConfiguration(failureCount: 1), clock: TestClock(), listener: meddler)
        meddler.watch(breaker)
        try breaker.acquire().fail(ServiceError.transient)
        #expect(breaker.state == .closed)
        // The refusal of the listener's own call is event 2.
        #expect(meddler.story == ["1 open, now open", "3 closed, now closed"])
    }
}
