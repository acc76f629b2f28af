import SageStorage
import SageTesting
import Synchronization

/// A store in memory that a test takes away and gives back, and that counts what it is asked.
final class FickleStateStore: StateStore {
    enum Presence: Sendable {
        case here
        /// Refuses.
        case away
        /// Never answers.
        case hanging
    }

    struct Questions: Sendable, Hashable {
        var takes: [[RateDemand]] = []
        var settlements: [[RateCorrection]] = []
        var pings = 0
    }

    private let store: InMemoryStateStore
    private let state = Mutex<(presence: Presence, questions: Questions)>((.here, Questions()))

    init(_ clock: TestClock) {
        store = InMemoryStateStore(
            clock: StoreClock { StoreInstant(microseconds: 1_800_000_000_000_000).advanced(by: clock.now.offset) })
    }

    var name: String { store.name }

    var presence: Presence {
        get { state.withLock { $0.presence } }
        set { state.withLock { $0.presence = newValue } }
    }

    var questions: Questions { state.withLock { $0.questions } }

    private func reach(_ count: (inout Questions) -> Void = { _ in }) async throws -> InMemoryStateStore {
        let presence = state.withLock { state in
            count(&state.questions)
            return state.presence
        }
        switch presence {
        case .here: return store
        case .away: throw StorageError(.serviceDown, store: name, "it is away")
        case .hanging:
            let (silence, end) = AsyncStream<Never>.makeStream()
            for await _ in silence {}
            withExtendedLifetime(end) {}
            throw CancellationError()
        }
    }

    func ping() async throws -> StoreInstant { try await reach { $0.pings += 1 }.ping() }

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

    func take(_ demands: [RateDemand]) async throws -> RateDecision {
        try await reach { $0.takes.append(demands) }.take(demands)
    }

    func settle(_ corrections: [RateCorrection], takenAt: StoreInstant) async throws {
        try await reach { $0.settlements.append(corrections) }.settle(corrections, takenAt: takenAt)
    }
}
