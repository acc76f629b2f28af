import SageLLM
import SageResilience

/// Everything that limits the calls to one target: the limits of its model, those of its provider, and what the
/// provider itself says is left.
final class TargetLimits: Sendable {
    let name: String
    let model: LimitSet?
    let provider: LimitSet?
    let allowance: SharedAllowance
    let maxWait: Duration
    let timeline: Timeline
    /// Asks for what all instances share; nil where each counts for itself.
    let queue: SharedLimitQueue?

    /// Combines limits.
    ///
    /// - Parameters:
    ///   - name: The target's name.
    ///   - model: The limits of the model alone.
    ///   - provider: The limits that all models of the provider share.
    ///   - maxWait: The longest that a call waits for all of them together.
    ///   - longestReset: The longest time for which the provider's own account is believed.
    ///   - clock: The time that they live in.
    init(
        _ name: String, model: LimitSet? = nil, provider: LimitSet? = nil, maxWait: Duration = .seconds(5),
        longestReset: Duration = .seconds(3_600), clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.name = name
        self.model = model
        self.provider = provider
        self.maxWait = maxWait
        self.timeline = Timeline(clock)
        self.allowance = SharedAllowance(longest: longestReset)
        self.queue = SharedLimitQueue(name, [model, provider].compactMap(\.self), clock: clock)
    }

    /// Whether all instances together count the limits a minute, so that ``tryAcquireShared(_:)`` asks for them.
    var isShared: Bool { queue != nil }

    /// The sets of limits, the model's first.
    var sets: [LimitSet] { [model, provider].compactMap(\.self) }

    /// The limits of the model alone.
    var own: LimitSet? { model }

    /// The limits that all models of the provider share.
    var shared: LimitSet? { provider }

    /// Whether a target with these limits can be made anew: nobody waits, and nothing is used up.
    var isEvictable: Bool {
        !allowance.isBlocking(now: timeline.now) && (model.map { $0.isEvictable } ?? true)
    }

    /// The calls that wait for the model's own limits or the provider's.
    var queued: Int { sets.reduce(queue?.queued ?? 0) { $0 + $1.queued } }

    /// Whether the tokens of a call must be estimated.
    var countsTokens: Bool { model?.tokens != nil || provider?.tokens != nil || allowance.isActive }

    /// Admits a call if it can go on at once.
    ///
    /// A refusal here is not counted: the call may go to another target, or wait with
    /// ``acquire(_:priority:deadline:)``.
    ///
    /// - Parameter estimate: The tokens that the call will use, at a guess; only computed when it is needed.
    /// - Returns: Nil when it would have to wait.
    func tryAcquire(_ estimate: @autoclosure () -> Int) -> LimitPermit? {
        guard model != nil || provider != nil || allowance.isActive else { return .unlimited }
        let estimate = countsTokens ? max(0, estimate()) : 0
        var mark: ProviderAllowance.Mark?
        if allowance.isActive {
            guard case .admitted(let admitted) = allowance.admit(estimate, now: timeline.now) else { return nil }
            mark = admitted
        }
        guard model != nil || provider != nil else { return LimitPermit(nil, allowance: allowance, mark: mark) }
        var grants = (LimitGrant(), LimitGrant())
        if take(&grants.0, &grants.1, estimate) { return LimitPermit(grants, allowance: allowance, mark: mark) }
        undo(grants, mark)
        return nil
    }

    /// Places first: a rate that is taken long before the call is sent would be counted in the wrong minute.
    private func take(_ first: inout LimitGrant, _ second: inout LimitGrant, _ estimate: Int) -> Bool {
        if let model, !first.tryTakePlace(model) { return false }
        if let provider, !second.tryTakePlace(provider) { return false }
        if let model, !first.tryTakeRates(model, estimate) { return false }
        if let provider, !second.tryTakeRates(provider, estimate) { return false }
        return true
    }

    /// Admits a call, waiting for its turn.
    ///
    /// - Parameters:
    ///   - estimate: The tokens that the call will use, at a guess.
    ///   - priority: Who goes first when places are short, and who is refused last.
    ///   - deadline: When waiting is of no use any more.
    /// - Throws: ``LimitRefusal`` at once when the wait is known to be too long, else after it; `CancellationError`.
    func acquire(
        _ estimate: @autoclosure () -> Int, priority: CallPriority, deadline: Moment
    ) async throws -> LimitPermit {
        if let queue { return try await acquireShared(queue, estimate(), priority: priority, deadline: deadline) }
        guard model != nil || provider != nil || allowance.isActive else { return .unlimited }
        let end = min(deadline, timeline.now.advanced(by: maxWait.saturatingNanoseconds))
        let estimate = countsTokens ? max(0, estimate()) : 0
        let mark = try await allowedMark(estimate, until: end)
        guard model != nil || provider != nil else { return LimitPermit(nil, allowance: allowance, mark: mark) }
        var grants = (LimitGrant(), LimitGrant())
        do {
            if let model { try await grants.0.takePlace(model, priority, maxWait: left(until: end)) }
            if let provider { try await grants.1.takePlace(provider, priority, maxWait: left(until: end)) }
            if let model { try await takeRates(&grants.0, model, estimate, until: end) }
            if let provider { try await takeRates(&grants.1, provider, estimate, until: end) }
            return LimitPermit(grants, allowance: allowance, mark: mark)
        } catch {
            undo(grants, mark)
            throw error
        }
    }

    func takeRates(
        _ grant: inout LimitGrant, _ set: LimitSet, _ estimate: Int, until end: Moment
    ) async throws {
        try await grant.takeRequest(set, maxWait: left(until: end))
        try await grant.takeTokens(set, estimate, maxWait: left(until: end))
    }

    /// Waits for the provider's own reset where that is near enough.
    func allowedMark(_ estimate: Int, until end: Moment) async throws -> ProviderAllowance.Mark? {
        while allowance.isActive {
            let now = timeline.now
            switch allowance.admit(estimate, now: now) {
            case .admitted(let mark): return mark
            case .refused(let moment):
                guard moment <= end else {
                    throw LimitRefusal(
                        name: name, kind: .rate,
                        cause: "the provider grants no more for now, by its own account",
                        retryAfter: .nanoseconds(moment.elapsed(since: now)))
                }
                try await timeline.sleep(until: moment)
            }
        }
        return nil
    }

    func left(until end: Moment) -> Duration { .nanoseconds(end.elapsed(since: timeline.now)) }

    func undo(_ grants: (LimitGrant, LimitGrant), _ mark: ProviderAllowance.Mark?) {
        for grant in [grants.0, grants.1] {
            grant.refund()
            grant.leave()
        }
        if let mark { allowance.giveBack(mark) }
    }

    /// Takes over what an answer says about the provider's own limits.
    ///
    /// - Parameters:
    ///   - headers: What it says.
    ///   - permit: That of the call which it answers.
    func learn(_ headers: RateHeaders, about permit: LimitPermit) {
        allowance.learn(headers, about: permit.mark, now: timeline.now)
    }

    /// How long the provider grants nothing by its own account; nil when it does.
    var exhaustedFor: Duration? {
        let now = timeline.now
        return allowance.blockedUntil(0, now: now).map { .nanoseconds($0.elapsed(since: now)) }
    }
}
