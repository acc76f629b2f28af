import SageLLM
import SageResilience

/// The keys with which a target can be called: the provider's, less what is wrong with each for this model.
struct TargetKeys: Sendable {
    /// How long one of several keys rests whose limit is reached when the provider does not say how long.
    private static let unsaidPause = Duration.seconds(1)

    let provider: ProviderState
    private let model: String
    private let ring: SharedKeyRing
    /// What the provider grants each key by its own account; empty where there is only one, which is the target's.
    private let allowances: [SharedAllowance]

    /// - Parameters:
    ///   - provider: Has the keys.
    ///   - model: The target's model.
    ///   - longestReset: The longest time for which the provider's account of its limits is believed.
    init(_ provider: ProviderState, model: String, longestReset: Duration = .seconds(3_600)) {
        self.provider = provider
        self.model = model
        ring = SharedKeyRing(count: provider.keyCount)
        let count = provider.keyCount > 1 ? provider.keyCount : 0
        allowances = (0..<count).map { _ in SharedAllowance(longest: longestReset) }
    }

    /// How many keys there are.
    var count: Int { provider.keyCount }

    /// What the target is good for, as far as its keys are concerned.
    func availability(avoiding avoided: KeySet, now: Moment) -> TargetAvailability {
        choose(avoiding: avoided, isTaken: false, now: now).availability
    }

    /// The key for the next call: a usable one in turn, else what comes closest.
    func take(avoiding avoided: KeySet, now: Moment) -> Int {
        var lost = avoided
        while true {
            let choice = choose(avoiding: lost, isTaken: true, now: now)
            // No key is left where another call has just begun the trial of the last one: then it is that one.
            guard let key = choice.key else { return choose(avoiding: avoided, isTaken: false, now: now).key ?? 0 }
            guard choice.availability == .ready else { return key }
            if provider.ring.begin(key, now: now), ring.begin(key, now: now) { return key }
            lost.insert(key)
        }
    }

    /// The key for the next call, which is counted against what the provider grants that key.
    ///
    /// - Parameters:
    ///   - avoided: The keys that must not be used.
    ///   - estimate: The tokens that the call will use, at a guess; only computed when it is needed.
    ///   - now: The present.
    /// - Returns: The key, and where the call stands in the count; no place where nothing is counted.
    func take(
        avoiding avoided: KeySet, _ estimate: () -> Int, now: Moment
    ) -> (key: Int, mark: ProviderAllowance.Mark?) {
        let first = take(avoiding: avoided, now: now)
        guard isCounted else { return (first, nil) }
        let estimate = max(0, estimate())
        var key = first
        var tried = avoided
        while true {
            if case .admitted(let mark) = allowances[key].admit(estimate, now: now) { return (key, mark) }
            // What is left is too little for this call, though not for a smaller one.
            tried.insert(key)
            guard choose(avoiding: tried, isTaken: false, now: now).availability == .ready else { return (first, nil) }
            key = take(avoiding: tried, now: now)
        }
    }

    /// Whether the provider has told what it grants any of several keys.
    private var isCounted: Bool { allowances.contains { $0.isActive } }

    /// Takes over what an answer says about the limits of the key that it was asked with.
    func learn(_ headers: RateHeaders, of key: Int, about mark: ProviderAllowance.Mark?, now: Moment) {
        allowances[key].learn(headers, about: mark, now: now)
    }

    /// A call that was counted was never sent.
    func giveBack(_ mark: ProviderAllowance.Mark, of key: Int) {
        allowances[key].giveBack(mark)
    }

    /// Whether the provider grants a key anything now, by its own account.
    private func allowed(_ key: Int, now: Moment) -> KeyRing.State {
        guard !allowances.isEmpty, let until = allowances[key].blockedUntil(0, now: now) else { return .usable }
        return .paused(until: until)
    }

    private func choose(avoiding avoided: KeySet, isTaken: Bool, now: Moment) -> KeyChoice {
        let turn = provider.nextTurn(isTaken: isTaken)
        let shared = provider.ring.current(now: now)
        let own = ring.current(now: now)
        if shared == nil, own == nil, avoided.isEmpty, !isCounted { return KeyChoice(usable: turn, of: count) }
        return KeyChoice(count: count, turn: turn, avoiding: avoided) { key in
            (shared?.state(of: key, now: now) ?? .usable).joined(with: own?.state(of: key, now: now) ?? .usable)
                .joined(with: allowed(key, now: now))
        }
    }

    private func state(of key: Int, now: Moment) -> KeyRing.State {
        (provider.ring.current(now: now)?.state(of: key, now: now) ?? .usable)
            .joined(with: ring.current(now: now)?.state(of: key, now: now) ?? .usable)
            .joined(with: allowed(key, now: now))
    }

    /// The state of each key for this target.
    func states(now: Moment) -> [KeyRing.State] {
        (0..<count).map { state(of: $0, now: now) }
    }

    /// Whether a key is refused now.
    func hasRefusal(now: Moment) -> Bool {
        states(now: now).contains { if case .refused = $0 { true } else { false } }
    }

    /// Whether every key can be used as far as only this target knows.
    func areUsable(now: Moment) -> Bool {
        guard allowances.allSatisfy({ !$0.isBlocking(now: now) }) else { return false }
        guard let ring = ring.current(now: now) else { return true }
        return (0..<count).allSatisfy { ring.state(of: $0, now: now) == .usable }
    }

    /// Notes what a failure says about the key of the call.
    ///
    /// - Parameters:
    ///   - trouble: What it says.
    ///   - key: The key.
    ///   - pause: For how long the provider asked not to use it; nil when it has not said.
    ///   - errorClass: Why.
    ///   - now: The present.
    func note(_ trouble: KeyTrouble, of key: Int, pause: Duration?, errorClass: ErrorClass, now: Moment) {
        let ring = trouble.extent == .provider ? provider.ring : ring
        guard trouble.isRefusal else {
            // Where another key can serve instead, a moment's rest costs nothing.
            guard let pause = pause ?? (count > 1 ? Self.unsaidPause : nil) else { return }
            ring.pause(key, until: now.advanced(by: pause.saturatingNanoseconds))
            return
        }
        guard let until = ring.refuse(key, now: now) else { return }
        tell(.refused(errorClass, rest: .nanoseconds(until.elapsed(since: now))), key, trouble.extent)
    }

    /// Notes that a key is not to be used with this model for a while.
    func rest(_ key: Int, until moment: Moment) {
        ring.pause(key, until: moment)
    }

    /// Notes that a call with a key was answered.
    func succeeded(_ key: Int, startedAt: Moment) {
        if provider.ring.succeed(key, startedAt: startedAt) { tell(.revived, key, .provider) }
        if ring.succeed(key, startedAt: startedAt) { tell(.revived, key, .target) }
    }

    private func tell(_ change: KeyEvent.Change, _ key: Int, _ extent: KeyTrouble.Extent) {
        provider.observer?(
            KeyEvent(
                provider: provider.name, model: extent == .target ? model : nil, index: key, change: change))
    }
}
