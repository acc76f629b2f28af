import Synchronization

/// A ``StateStore`` in the memory of one process: for tests, and for programs that are one instance only.
///
/// It forgets everything when the process ends. Thread-safe.
public final class InMemoryStateStore: StateStore {
    /// The name that metrics, events and errors carry.
    public let name: String
    private let clock: StoreClock
    private let model = Mutex(StateModel())

    /// Creates an empty store.
    ///
    /// - Parameters:
    ///   - name: The name that metrics, events and errors carry. Defaults to `memory`.
    ///   - clock: The store's clock. Defaults to the system's.
    public init(_ name: String = "memory", clock: StoreClock = .system) {
        self.name = name
        self.clock = clock
    }

    /// The present.
    public func ping() async throws -> StoreInstant { clock.now }

    /// Registers the start of an instance.
    public func join(_ instance: String, after epoch: Int64) async throws -> Int64 {
        try StateLimits.check("the instance's name", instance, store: name)
        return change { $0.join(instance, after: epoch, now: $1) }
    }

    /// Leaves reports for the other instances.
    @discardableResult
    public func publish(_ statuses: [BreakerStatus], by instance: String) async throws -> Int {
        try StateLimits.check(statuses, by: instance, store: name)
        return change { $0.publish(statuses, by: instance, now: $1) }
    }

    /// What all instances have reported.
    public func view() async throws -> SharedView {
        change { $0.view(now: $1) }
    }

    /// Asks for the right to send one probe.
    public func leaseProbe(of breaker: String, holder: String, terms: ProbeTerms) async throws -> ProbeAnswer {
        try StateLimits.check(breaker: breaker, holder: holder, terms: terms, store: name)
        return change { $0.lease(of: breaker, holder: holder, terms: terms, now: $1) }
    }

    /// Gives a lease back with what the probe found.
    public func endProbe(
        _ lease: ProbeLease, _ result: ProbeResult, terms: ProbeTerms
    ) async throws -> ProbeEnding {
        try StateLimits.check(breaker: lease.breaker, holder: lease.holder, terms: terms, store: name)
        try StateLimits.check(result, store: name)
        return change { $0.end(lease, result, terms: terms, now: $1) }
    }

    /// Takes permits from several accounts at once.
    public func take(_ demands: [RateDemand]) async throws -> RateDecision {
        try StateLimits.check(demands, store: name)
        return change { $0.take(demands, now: $1) }
    }

    /// Corrects what was taken to what was used.
    public func settle(_ corrections: [RateCorrection], takenAt: StoreInstant) async throws {
        try StateLimits.check(corrections, store: name)
        change { $0.settle(corrections, takenAt: takenAt, now: $1) }
    }

    /// The clock is read under the lock, so that the operations have the order of their times.
    private func change<Value: Sendable>(_ body: (inout StateModel, StoreInstant) -> Value) -> Value {
        model.withLock { body(&$0, clock.now) }
    }
}
