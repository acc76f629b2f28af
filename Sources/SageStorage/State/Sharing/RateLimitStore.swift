public import SageResilience
import Synchronization

/// A ``StateStore`` as rate limiters use it: with a small time limit, behind a circuit breaker of its own, and never
/// at the cost of a call.
///
/// Shared by all ``SharedRateLimiter``s of one store, so that they find out together that it is away. Thread-safe.
public final class RateLimitStore: Sendable {
    /// The breaker that keeps calls from waiting for a store that is away.
    public let breaker: CircuitBreaker
    private let store: any StateStore
    private let limiter: TimeLimiter
    private let timeline: Timeline
    private let onEvent: @Sendable (StoreEvent) -> Void
    private let state = Mutex(State())

    private struct State {
        var lostAt: Moment?
        var answeredAt: Moment?
        var error: String?
    }

    /// Creates the limiters' side of a store.
    ///
    /// - Parameters:
    ///   - store: Where the limits are shared.
    ///   - configuration: How long to wait for it.
    ///   - clock: The clock that measures. Defaults to `ContinuousClock`.
    ///   - listener: Receives the events of the breaker. Defaults to nobody.
    ///   - onEvent: Hears when the store is lost and reached again. Defaults to nobody.
    /// - Throws: `ConfigurationError` for a value out of range.
    public init(
        _ store: any StateStore, _ configuration: SharedRateLimiterConfiguration,
        clock: any Clock<Duration> = ContinuousClock(), listener: (any ResilienceListener)? = nil,
        onEvent: @escaping @Sendable (StoreEvent) -> Void = { _ in }
    ) throws(ConfigurationError) {
        self.store = store
        self.breaker = CircuitBreaker("\(store.name):limits", configuration.breaker, clock: clock, listener: listener)
        self.limiter = try TimeLimiter(
            configuration.timeLimit, mode: .abandoning(maxRunning: 256), clock: clock)
        self.timeline = Timeline(clock)
        self.onEvent = onEvent
    }

    /// How the limiters stand with the store.
    public var health: StoreHealth {
        let now = timeline.now
        return state.withLock { state in
            StoreHealth(
                store: store.name, isUp: state.lostAt == nil,
                lag: state.answeredAt.map { .nanoseconds(now.elapsed(since: $0)) }, error: state.error)
        }
    }

    /// Asks the store; nil when it does not answer in time, or is known not to.
    ///
    /// A question whose answer comes too late is abandoned: the store may have granted it all the same.
    package func take(_ demands: [RateDemand]) async throws(CancellationError) -> RateDecision? {
        try await ask { [store] in try await store.take(demands) }
    }

    /// Corrects what was taken, as far as the store is there.
    ///
    /// - Returns: Whether the store has said that it is done.
    @discardableResult
    package func settle(_ corrections: [RateCorrection], takenAt: StoreInstant) async -> Bool {
        let answer: Void?? = try? await ask { [store] in try await store.settle(corrections, takenAt: takenAt) }
        return (answer ?? nil) != nil
    }

    /// Asks the store for nothing but a sign of life, so that it is known to be away, or back, where no call asks.
    ///
    /// - Returns: Whether it has given one.
    @discardableResult
    package func check() async -> Bool {
        let answer: StoreInstant?? = try? await ask { [store] in try await store.ping() }
        return (answer ?? nil) != nil
    }

    private func ask<Answer: Sendable>(
        _ question: @escaping @Sendable () async throws -> Answer
    ) async throws(CancellationError) -> Answer? {
        do {
            let answer = try await breaker.execute { [limiter] in try await limiter.execute(question) }
            answered()
            return answer
        } catch is CircuitBreakerError {
            return nil
        } catch {
            if Task.isCancelled { throw CancellationError() }
            failed(error)
            return nil
        }
    }

    private func answered() {
        let now = timeline.now
        let down = state.withLock { state -> Duration? in
            state.answeredAt = now
            guard let lostAt = state.lostAt else { return nil }
            state.lostAt = nil
            state.error = nil
            return .nanoseconds(now.elapsed(since: lostAt))
        }
        if let down { onEvent(.reached(after: down)) }
    }

    private func failed(_ error: any Error) {
        let text = StoreEvent.text(error)
        let now = timeline.now
        let isNew = state.withLock { state in
            state.error = text
            guard state.lostAt == nil else { return false }
            state.lostAt = now
            return true
        }
        if isNew { onEvent(.lost(text)) }
    }
}
