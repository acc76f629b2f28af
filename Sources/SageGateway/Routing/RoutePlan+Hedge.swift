package import SageResilience

extension RoutePlan {
    /// Decides where a second call goes beside the one that is in flight.
    ///
    /// It is the next of the model's targets that can be called; without any it is the one that is busy with the call,
    /// with another key or, if it may be called twice, over another connection. Models that take over generally are
    /// none: they stand in for a model that fails, not for one that is slow.
    ///
    /// A target that turns out to refuse or to be limited is noted as such (``refused(_:retryAfter:)``,
    /// ``limited(_:)``); asked again, the plan names another.
    ///
    /// The call takes one of the attempts, and one of the retries that its target's budget allows: a hedge that the
    /// budget refuses is not sent, and the request goes on waiting for the call it has.
    ///
    /// - Parameters:
    ///   - target: The target of the call that is in flight.
    ///   - now: The present.
    ///   - availability: What a call to a target would meet now, without the keys that must be avoided.
    ///   - budget: The retry budget of a target.
    /// - Returns: Where it goes, and what it holds of the budget until it ends; nil for nowhere.
    package mutating func hedge(
        besides target: Int, now: Moment, availability: (Int, KeySet) -> TargetAvailability,
        budget: (Int) -> RetryReservation?
    ) -> Hedge? {
        guard ending == nil, attempts < maxAttempts, now < deadline else { return nil }
        var peers = active
        if case .first = active { peers = .first(ownCount) }
        for peer in peers where peer != target && candidates[peer].isDue && !candidates[peer].isLimited {
            let avoided = candidates[peer].avoidedKeys
            guard availability(peer, avoided) == .ready else { continue }
            return budget(peer).map { Hedge(target: peer, avoidedKeys: avoided, reservation: $0) }
        }
        let own = candidates[target]
        guard !own.isRefused, !own.isExcluded, !own.isLimited else { return nil }
        let usedKeys = candidates[target].uselessKeys.union(candidates[target].triedKeys)
        if availability(target, usedKeys) == .ready {
            return budget(target).map { Hedge(target: target, avoidedKeys: usedKeys, reservation: $0) }
        }
        let useless = candidates[target].uselessKeys
        guard allowsRetry, availability(target, useless) == .ready else { return nil }
        return budget(target).map { Hedge(target: target, avoidedKeys: useless, reservation: $0) }
    }

    /// A call beside another.
    package struct Hedge: Sendable {
        /// Where it goes.
        package let target: Int
        /// The keys that it must not use.
        package let avoidedKeys: KeySet
        /// What it holds of the target's retry budget, to be kept until it ends.
        package let reservation: RetryReservation
    }
}
