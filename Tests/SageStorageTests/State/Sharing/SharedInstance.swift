import SageResilience
import SageTesting
import Synchronization
import Testing

@testable import SageStorage

/// One instance of a program with one breaker, whose loop a test steps through.
final class SharedInstance: Sendable {
    struct Broken: Error {}

    let breaker: CircuitBreaker
    let shared: SharedBreakers

    init(
        _ name: String, _ store: any StateStore, _ clock: TestClock, quorum: Int = 1, halfOpenMaxCalls: Int = 3,
        listener: (any ResilienceListener)? = nil, onEvent: @escaping @Sendable (StoreEvent) -> Void = { _ in }
    ) throws {
        let configuration = try CircuitBreakerConfiguration(
            window: .calls(4), minimumCalls: 2, recoveryTimeout: .seconds(30), recoveryJitter: 0,
            halfOpenMaxCalls: halfOpenMaxCalls, classifier: ErrorClassifier { _ in ErrorClassification(.transient) })
        breaker = CircuitBreaker("openai/gpt", configuration, clock: clock, listener: listener)
        shared = SharedBreakers(
            store, instance: name, configuration: try SharedBreakersConfiguration(quorum: quorum), clock: clock,
            random: .constant(0.5), onEvent: onEvent)
        shared.attach(breaker)
    }

    var state: CircuitBreaker.State { breaker.state }

    func fail(times: Int = 2) async {
        for _ in 0..<times { try? await breaker.execute { throw Broken() } }
    }

    /// Does what is due.
    func turn() async throws { try await shared.turn() }

    /// Lets the time for the next look at the others come.
    func look() async throws {
        shared.withState { $0.nextView = Moment(nanoseconds: .min) }
        try await turn()
    }
}

extension TestClock {
    /// A store's clock that goes with this one.
    var storeClock: StoreClock {
        StoreClock { StoreInstant(microseconds: 1_800_000_000_000_000).advanced(by: self.now.offset) }
    }
}

/// A store that a test takes away and gives back.
final class FickleStore: StateStore {
    private let store: any StateStore
    private let isAway = Atomic<Bool>(false)

    init(_ store: any StateStore) {
        self.store = store
    }

    var name: String { store.name }

    func goAway() { isAway.store(true, ordering: .relaxed) }

    func comeBack() { isAway.store(false, ordering: .relaxed) }

    private func reach() throws -> any StateStore {
        guard !isAway.load(ordering: .relaxed) else { throw StorageError(.serviceDown, store: name, "it is away") }
        return store
    }

    func ping() async throws -> StoreInstant { try await reach().ping() }

    func join(_ instance: String, after epoch: Int64) async throws -> Int64 {
        try await reach().join(instance, after: epoch)
    }

    func publish(_ statuses: [BreakerStatus], by instance: String) async throws -> Int {
        try await reach().publish(statuses, by: instance)
    }

    func view() async throws -> SharedView { try await reach().view() }

    func leaseProbe(of breaker: String, holder: String, terms: ProbeTerms) async throws -> ProbeAnswer {
        try await reach().leaseProbe(of: breaker, holder: holder, terms: terms)
    }

    func endProbe(_ lease: ProbeLease, _ result: ProbeResult, terms: ProbeTerms) async throws -> ProbeEnding {
        try await reach().endProbe(lease, result, terms: terms)
    }

    func take(_ demands: [RateDemand]) async throws -> RateDecision { try await reach().take(demands) }

    func settle(_ corrections: [RateCorrection], takenAt: StoreInstant) async throws {
        try await reach().settle(corrections, takenAt: takenAt)
    }
}
