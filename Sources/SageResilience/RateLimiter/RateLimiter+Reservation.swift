import Synchronization

extension RateLimiter {
    /// Takes an estimated number of permits for a call whose real use is known later, waiting for them if it must.
    ///
    /// ```swift
    /// let tokens = try RateLimiter.tokensPerMinute(limit: 200_000)
    /// let reservation = try await tokens.reserve(prompt.estimatedTokens + request.maxTokens)
    /// let reply = try await client.chat(request)
    /// reservation.settle(actual: reply.usage.totalTokens)
    /// ```
    ///
    /// The first reservation takes a limiter off its lock-free path for good: what a refund is worth depends on all
    /// that was taken since.
    ///
    /// - Parameters:
    ///   - estimate: How many permits the call will use, at a guess. Zero or fewer reserve nothing.
    ///   - maxWait: The longest wait, zero for none. Defaults to the configuration's.
    /// - Returns: The reservation, to be ended by `settle` or `cancel`; one that is dropped keeps the estimate.
    /// - Throws: What ``acquire(_:maxWait:)`` throws; an estimate above the capacity can never be granted.
    public nonisolated(nonsending) func reserve(
        _ estimate: Int, maxWait: Duration? = nil
    ) async throws -> Reservation {
        try Task.checkCancellation()
        startMetering()
        let moment = try await acquireSlowly(estimate, maxWait: maxWait, now: present, seen: OpenBucket.closed)
        return Reservation(limiter: self, permits: max(0, estimate), moment: moment)
    }

    /// ``reserve(_:maxWait:)`` without waiting; nil when the permits are not free now or somebody waits.
    ///
    /// - Parameter estimate: How many permits the call will use, at a guess. Zero or fewer reserve nothing.
    public func tryReserve(_ estimate: Int) -> Reservation? {
        startMetering()
        guard let moment = takeSlowly(estimate, now: present, seen: OpenBucket.closed) else { return nil }
        return Reservation(limiter: self, permits: max(0, estimate), moment: moment)
    }

    /// ``tryReserve(_:)`` that counts no refusal, for calls that then go elsewhere or wait with ``reserve(_:maxWait:)``.
    ///
    /// - Parameter estimate: How many permits the call will use, at a guess. Zero or fewer reserve nothing.
    package func tryReserveQuietly(_ estimate: Int) -> Reservation? {
        startMetering()
        guard let moment = takeSlowly(estimate, now: present, seen: OpenBucket.closed, isQuiet: true) else {
            return nil
        }
        return Reservation(limiter: self, permits: max(0, estimate), moment: moment)
    }

    private func startMetering() {
        if bucket.current != nil { locked(present) { state, _ in state.machine.startMetering() } }
    }

    fileprivate func settle(_ permits: Int, at moment: Moment, actual: Int) {
        perform { $0.settle(reserved: permits, at: moment, actual: max(0, actual), now: $1) }
    }

    /// Permits that were taken at an estimate, to be corrected exactly once to what the call has used.
    ///
    /// The compiler sees to it that a reservation is used at most once. One that is dropped, because the call failed
    /// and nobody knows what it used, keeps the estimate: too few permits for others are better than too many.
    public struct Reservation: ~Copyable, Sendable {
        private let limiter: RateLimiter
        private let moment: Moment
        /// How many permits are reserved.
        public let permits: Int

        fileprivate init(limiter: RateLimiter, permits: Int, moment: Moment) {
            self.limiter = limiter
            self.permits = permits
            self.moment = moment
        }

        /// Corrects the reservation to what the call has used.
        ///
        /// What was not used is given back, up to a full limiter, and serves those who wait. What was used beyond the
        /// estimate is taken although it may not be there: the balance falls below zero, by one capacity at most, and
        /// nobody is admitted until it has recovered. Permits that have come back by themselves, because the bucket
        /// has been full or the window has moved on since, are not given a second time.
        ///
        /// - Parameter actual: How many permits the call has used; below zero is zero.
        public consuming func settle(actual: Int) {
            limiter.settle(permits, at: moment, actual: actual)
        }

        /// Gives everything back, because the call was never sent.
        public consuming func cancel() {
            limiter.settle(permits, at: moment, actual: 0)
        }

        /// Turns the reservation into a reference that can be captured, for example by a stream.
        public consuming func shared() -> SharedReservation {
            SharedReservation(limiter: limiter, permits: permits, moment: moment)
        }
    }

    /// A reservation that can be shared: the first settlement counts, later ones do nothing.
    ///
    /// When the last reference goes without one, the estimate is kept. Thread-safe.
    public final class SharedReservation: Sendable {
        private let limiter: RateLimiter
        private let moment: Moment
        private let isSettled = Atomic<Bool>(false)
        /// How many permits are reserved.
        public let permits: Int

        fileprivate init(limiter: RateLimiter, permits: Int, moment: Moment) {
            self.limiter = limiter
            self.permits = permits
            self.moment = moment
        }

        /// Corrects the reservation to what the call has used, as ``Reservation/settle(actual:)`` does.
        ///
        /// - Parameter actual: How many permits the call has used; below zero is zero.
        public func settle(actual: Int) {
            if end() { limiter.settle(permits, at: moment, actual: actual) }
        }

        /// Gives everything back, because the call was never sent.
        public func cancel() {
            if end() { limiter.settle(permits, at: moment, actual: 0) }
        }

        private func end() -> Bool {
            isSettled.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged
        }
    }
}
