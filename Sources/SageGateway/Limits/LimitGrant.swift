import SageResilience

/// What one call has taken of one set of limits.
struct LimitGrant: Sendable {
    private var place: Bulkhead?
    private var request: RateLimiter.SharedReservation?
    private var tokens: RateLimiter.SharedReservation?

    /// Takes a place among the concurrent calls if one is free.
    mutating func tryTakePlace(_ set: LimitSet) -> Bool {
        guard let bulkhead = set.concurrency else { return true }
        // A refusal is only counted when the call gives up, and this one may go elsewhere or wait.
        guard case .admitted = bulkhead.admit() else { return false }
        place = bulkhead
        return true
    }

    /// Takes a request and tokens if they are free; that they are not counts as no refusal, because the call may go
    /// elsewhere or wait.
    ///
    /// - Returns: Whether they were; part of it may be taken if not.
    mutating func tryTakeRates(_ set: LimitSet, _ estimate: Int) -> Bool {
        takeRates(set, estimate) { $0.tryReserveQuietly($1) }
    }

    /// Takes a request and tokens if they are free; the call is refused if they are not.
    ///
    /// - Returns: Whether they were; part of it may be taken if not.
    mutating func takeRates(_ set: LimitSet, _ estimate: Int) -> Bool {
        takeRates(set, estimate) { $0.tryReserve($1) }
    }

    private mutating func takeRates(
        _ set: LimitSet, _ estimate: Int, _ reserve: (RateLimiter, Int) -> RateLimiter.Reservation?
    ) -> Bool {
        if let limiter = set.requests {
            guard let reservation = reserve(limiter, 1) else { return false }
            request = reservation.shared()
        }
        if let limiter = set.tokens {
            guard let reservation = reserve(limiter, set.grantable(estimate)) else { return false }
            tokens = reservation.shared()
        }
        return true
    }

    /// Notes a request and tokens that all instances together have granted, as far as there is room for them.
    mutating func noteRates(_ set: LimitSet, _ estimate: Int) {
        request = set.requests?.tryReserveQuietly(1)?.shared()
        tokens = set.tokens?.tryReserveQuietly(set.grantable(estimate))?.shared()
    }

    /// Takes a place, waiting for it.
    ///
    /// - Throws: ``LimitRefusal``, or `CancellationError`.
    mutating func takePlace(_ set: LimitSet, _ priority: CallPriority, maxWait: Duration) async throws {
        guard let bulkhead = set.concurrency else { return }
        do {
            _ = try await bulkhead.enter(priority: priority, maxWait: maxWait)
            place = bulkhead
        } catch let error as BulkheadError {
            throw LimitRefusal(error, set)
        }
    }

    /// Takes a request, waiting for it.
    ///
    /// - Throws: ``LimitRefusal``, or `CancellationError`.
    mutating func takeRequest(_ set: LimitSet, maxWait: Duration) async throws {
        guard let limiter = set.requests else { return }
        do {
            request = try await limiter.reserve(1, maxWait: maxWait).shared()
        } catch let error as RateLimiterError {
            throw LimitRefusal(error, set)
        }
    }

    /// Takes tokens, waiting for them.
    ///
    /// - Throws: ``LimitRefusal``, or `CancellationError`.
    mutating func takeTokens(_ set: LimitSet, _ estimate: Int, maxWait: Duration) async throws {
        guard let limiter = set.tokens else { return }
        do {
            tokens = try await limiter.reserve(set.grantable(estimate), maxWait: maxWait).shared()
        } catch let error as RateLimiterError {
            throw LimitRefusal(error, set)
        }
    }

    /// The call has used so many tokens.
    func settle(tokens actual: Int) {
        tokens?.settle(actual: actual)
    }

    /// The call was never sent.
    func refund() {
        request?.cancel()
        tokens?.cancel()
    }

    /// The call is over.
    func leave() {
        place?.leave()
    }
}
