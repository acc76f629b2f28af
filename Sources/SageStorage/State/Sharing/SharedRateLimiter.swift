public import SageResilience
import Synchronization

/// A rate limit that several instances share: exact while the store answers, local while it does not.
///
/// ```swift
/// let store = try RateLimitStore(RedisStateStore(redis), SharedRateLimiterConfiguration())
/// let limiter = try SharedRateLimiter("openai:requests", .tokenBucket(limit: 500, per: .seconds(60)), store)
/// try await limiter.acquire()
/// ```
///
/// Each call asks the store, with the time limit of ``RateLimitStore``. When the store does not answer, the same rule
/// holds for this instance alone: N instances then let N times the limit through at most. What the store has granted is
/// also taken from the local limiter where it can be, so that a store that goes away does not give out the limit once
/// more, and one that comes back meets instances that know what they have used.
///
/// A call that must wait sleeps for as long as the store says and asks again; who waits is not in a queue, because no
/// instance knows those of the others. Thread-safe.
public final class SharedRateLimiter: Sendable {
    /// The name of the limit, the same in all instances.
    public let name: String
    /// How many calls it admits, and how long others may wait.
    public let configuration: RateLimiterConfiguration
    /// The limiter that holds while the store is away.
    public let local: RateLimiter

    private let rule: RateRule
    private let store: RateLimitStore
    private let timeline: Timeline

    /// Creates a limiter.
    ///
    /// - Parameters:
    ///   - name: The name of the limit, the same in all instances.
    ///   - configuration: How many calls it admits, and how long others may wait.
    ///   - store: Where it is shared.
    ///   - clock: The time in which calls wait. Defaults to `ContinuousClock`.
    ///   - listener: Hears of refusals and waits. Defaults to nobody.
    /// - Throws: `ConfigurationError` for a rule that stores do not know.
    public init(
        _ name: String, _ configuration: RateLimiterConfiguration, _ store: RateLimitStore,
        clock: any Clock<Duration> = ContinuousClock(), listener: (any ResilienceListener)? = nil
    ) throws(ConfigurationError) {
        guard let rule = RateRule(configuration.algorithm) else {
            throw ConfigurationError(
                field: "algorithm", value: "\(configuration.algorithm)", allowed: "a sliding window or a token bucket")
        }
        self.name = name
        self.configuration = configuration
        self.rule = rule
        self.store = store
        self.timeline = Timeline(clock)
        self.local = RateLimiter(name, configuration, clock: clock, listener: listener)
    }

    /// Takes permits, waiting for them.
    ///
    /// - Parameters:
    ///   - permits: How many. Zero or fewer are nothing. Defaults to 1.
    ///   - maxWait: The longest wait, zero for none. Defaults to the configuration's.
    /// - Throws: `RateLimiterError` at once when the wait is known to be longer, or outlasts the
    ///   deadline of the call; `CancellationError`.
    public func acquire(_ permits: Int = 1, maxWait: Duration? = nil) async throws {
        _ = try await reserve(permits, maxWait: maxWait)
    }

    /// Takes permits if they are free now.
    public func tryAcquire(_ permits: Int = 1) async throws(CancellationError) -> Bool {
        do {
            _ = try await reserve(permits, maxWait: .zero)
            return true
        } catch is RateLimiterError {
            return false
        } catch {
            throw CancellationError()
        }
    }

    /// Takes an estimated number of permits for a call whose real use is known later, waiting for them.
    ///
    /// - Parameters:
    ///   - estimate: How many permits the call will use, at a guess. Zero or fewer reserve nothing.
    ///   - maxWait: The longest wait, zero for none. Defaults to the configuration's.
    /// - Returns: The reservation, to be settled; one that is dropped keeps the estimate.
    /// - Throws: As ``acquire(_:maxWait:)``.
    public func reserve(_ estimate: Int, maxWait: Duration? = nil) async throws -> Reservation {
        let permits = max(0, estimate)
        let longest = max(0, (maxWait ?? configuration.maxWait).saturatingNanoseconds)
        let deadline = CallContext.current.deadline?.remainingNanoseconds ?? .max
        let end = timeline.now.advanced(by: longest)
        while true {
            try Task.checkCancellation()
            guard permits > 0, let decision = try await store.take([RateDemand(name, rule, permits: permits)]) else {
                let left = Duration.nanoseconds(end.elapsed(since: timeline.now))
                let reservation = try await local.reserve(permits, maxWait: left)
                return Reservation(self, reservation.shared(), nil, permits)
            }
            switch decision {
            case .granted(let grant):
                return Reservation(self, local.tryReserve(permits)?.shared(), grant.takenAt, permits)
            case .tooLarge:
                throw RateLimiterError(policyName: name, reason: .insufficientCapacity, permits: permits)
            case .wait(let wait, _):
                let nanoseconds = wait.saturatingNanoseconds
                let now = timeline.now
                guard now.advanced(by: nanoseconds) <= end, nanoseconds < deadline else {
                    let reason: RejectionReason =
                        longest == 0 ? .rateLimited : nanoseconds >= deadline ? .deadlineExceeded : .waitTooLong
                    throw RateLimiterError(policyName: name, reason: reason, retryAfter: wait, permits: permits)
                }
                try await timeline.sleep(until: now.advanced(by: nanoseconds))
            }
        }
    }

    /// Permits that were taken at an estimate; the first settlement counts.
    ///
    /// Thread-safe.
    public final class Reservation: Sendable {
        private let limiter: SharedRateLimiter
        private let local: RateLimiter.SharedReservation?
        private let takenAt: StoreInstant?
        private let permits: Int
        private let isSettled = Atomic<Bool>(false)

        fileprivate init(
            _ limiter: SharedRateLimiter, _ local: RateLimiter.SharedReservation?, _ takenAt: StoreInstant?,
            _ permits: Int
        ) {
            self.limiter = limiter
            self.local = local
            self.takenAt = takenAt
            self.permits = permits
        }

        /// Whether the store has granted it; false when only this instance's limiter has.
        public var isShared: Bool { takenAt != nil }

        /// Corrects the reservation to what the call has used; a store that is away is not told.
        ///
        /// - Parameter actual: How many permits the call has used; below zero is zero.
        public func settle(actual: Int) async {
            guard isSettled.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged else {
                return
            }
            let actual = max(0, actual)
            local?.settle(actual: actual)
            guard let takenAt, actual != permits else { return }
            await limiter.store.settle(
                [RateCorrection(limiter.name, limiter.rule, reserved: permits, actual: actual)], takenAt: takenAt)
        }

        /// Gives everything back, because the call was never sent.
        public func cancel() async { await settle(actual: 0) }
    }
}
