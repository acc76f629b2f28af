import SageResilience

/// A client's key while the server runs: what it allows, and how much of its limits is left.
final class ClientKey: Sendable {
    /// The name for logs, metrics and messages; the key itself is known nowhere.
    let name: String
    /// The highest priority of its requests.
    let priority: CallPriority
    /// Its limits; nil when it has none.
    let limits: LimitSet?

    private let models: [ModelPattern]

    /// - Throws: ``ConfigurationError`` for what the reader of the file let pass and the engine does not.
    init(
        _ key: GatewayConfiguration.ClientKey, clock: any Clock<Duration>, listener: (any ResilienceListener)?,
        shared: SharedLimits? = nil
    ) throws(ConfigurationError) {
        name = key.name
        priority = key.priority.callPriority
        models = key.models
        // A client can wait itself, and is told how long: a queue here would only hold its connections.
        limits = try LimitSet(
            "key:\(key.name)",
            .init(requestsPerMinute: key.requestsPerMinute, tokensPerMinute: key.tokensPerMinute, maxQueued: 0),
            maxWait: .zero, clock: clock, listener: listener, shared: shared)
    }

    /// Whether the key may ask for a model.
    func allows(_ model: String) -> Bool { models.contains { $0.matches(model) } }

    /// The priority of a request that asks for one.
    func capped(_ priority: CallPriority) -> CallPriority { min(priority, self.priority) }

    /// Admits a request.
    ///
    /// - Parameter estimate: The tokens that it will use, at a guess; only computed when it is needed.
    /// - Returns: What is to be settled with the tokens that the request has used.
    /// - Throws: ``GatewayError`` with the time until there is room again.
    func admit(_ estimate: @autoclosure () -> Int) throws(GatewayError) -> LimitPermit {
        guard let limits else { return .unlimited }
        let estimate = limits.tokens == nil ? 0 : max(0, estimate())
        var grant = LimitGrant()
        guard grant.takeRates(limits, estimate) else {
            grant.refund()
            throw refusal(limits, estimate)
        }
        return LimitPermit((grant, LimitGrant()), allowance: nil, mark: nil)
    }

    /// Admits a request that asks no model; its embeddings take tokens themselves.
    ///
    /// - Throws: ``GatewayError`` with the time until there is room again.
    func admitRequest() throws(GatewayError) {
        guard let limits, let requests = limits.requests, !requests.tryAcquire() else { return }
        throw refusal(limits, 0)
    }

    /// Takes tokens for a call of a model that a request has led to, whatever models the key may ask for.
    ///
    /// - Returns: What is to be settled with the tokens that the call has used; nil without a limit.
    /// - Throws: ``GatewayError`` with the time until there is room again.
    func admitTokens(_ estimate: @autoclosure () -> Int) throws(GatewayError) -> RateLimiter.SharedReservation? {
        guard let limits, let tokens = limits.tokens else { return nil }
        let estimate = max(0, estimate())
        guard let reservation = tokens.tryReserve(limits.grantable(estimate)) else { throw refusal(limits, estimate) }
        return reservation.shared()
    }

    /// Whether a request would be admitted now; it takes nothing.
    ///
    /// - Throws: ``GatewayError`` with the time until there is room again.
    func checkRoom() throws(GatewayError) {
        guard let limits else { return }
        let isFull = (limits.requests?.timeUntilFree(1) ?? .zero) > .zero
        guard isFull || (limits.tokens?.timeUntilFree(1) ?? .zero) > .zero else { return }
        throw refusal(limits, 1)
    }

    /// Whether all instances together count its limits, so that ``admitShared(_:)`` is to be asked.
    var isShared: Bool { limits?.accounts != nil }

    /// ``admit(_:)`` that asks the store of shared state.
    ///
    /// - Throws: ``GatewayError`` with the time until there is room again, or `CancellationError`.
    func admitShared(_ estimate: @autoclosure () -> Int) async throws -> LimitPermit {
        guard let limits, let shared = limits.accounts?.limits else { return try admit(estimate()) }
        let estimate = limits.tokens == nil ? 0 : max(0, estimate())
        let shares = limits.shares(estimate)
        var grant = LimitGrant()
        switch try await shared.take(shares) {
        case .granted(let hold):
            grant.noteRates(limits, estimate)
            return LimitPermit((grant, LimitGrant()), allowance: nil, mark: nil, shared: hold)
        case .away:
            guard grant.takeRates(limits, estimate) else {
                grant.refund()
                throw refusal(limits, estimate)
            }
            return LimitPermit((grant, LimitGrant()), allowance: nil, mark: nil, shared: shared.grant(shares))
        case .wait(let wait, _, let scarce):
            scarce.account.noteRefusal(.rateLimited, scarce.permits)
            throw refusal(scarce.account.unit == .tokens ? "tokens" : "requests", wait)
        }
    }

    private func refusal(_ what: String, _ wait: Duration) -> GatewayError {
        GatewayError(
            .rateLimited, "the key \(name) has used up its \(what) a minute", retryAfter: max(.milliseconds(1), wait))
    }

    private func refusal(_ limits: LimitSet, _ estimate: Int) -> GatewayError {
        let requests = limits.requests?.timeUntilFree(1) ?? .zero
        let tokens = limits.tokens?.timeUntilFree(limits.grantable(estimate)) ?? .zero
        return refusal(tokens > requests ? "tokens" : "requests", max(requests, tokens))
    }
}

extension RateLimiter {
    /// How long until so many permits are free if nobody takes any before.
    fileprivate func timeUntilFree(_ permits: Int) -> Duration {
        let snapshot = snapshot()
        let missing = permits - snapshot.availablePermits + snapshot.debt
        guard missing > 0 else { return .zero }
        guard case .tokenBucket(_, let interval) = configuration.algorithm else { return snapshot.retryAfter ?? .zero }
        return .nanoseconds(interval.saturatingNanoseconds.multipliedSaturating(by: Int64(missing)))
    }
}
