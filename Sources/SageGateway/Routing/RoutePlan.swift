package import SageResilience

/// Decides which target a request goes to next: a value, told of time and results.
///
/// A request goes round its targets in order. A failed target is followed by the next one at once; only when all have
/// had their turn does the request wait, by the retry policy, and go round again. The mistakes of the request end it.
/// A target that cannot answer this request at all (credentials, quota, unknown model) gets no second turn, unless it
/// has another key: then it is called with that at once.
///
/// There is one budget of attempts for everything: retries, other keys, fallbacks and hedges.
package struct RoutePlan: Sendable {
    /// What to do next.
    package enum Step: Sendable, Hashable {
        /// Send the request to this target.
        case attempt(Int)
        /// Wait for this target's turn: every target that could be called has reached a limit.
        case queue(Int)
        /// Wait, then ask again.
        case wait(nanoseconds: Int64)
        /// Give up.
        case fail(Ending)
    }

    /// Why a request ends without an answer.
    package enum Ending: Sendable, Hashable {
        /// The last error is the answer: the request cannot succeed anywhere.
        case requestRefused
        /// Every target that may still be tried is refused by its circuit breaker or its limits; the time until the
        /// first one is not.
        case circuitOpen(retryAfter: Int64?)
        /// Every target asked for a pause that is longer than the policy or the client waits.
        case paused(retryAfter: Int64)
        /// Tried as often, or for as long, as allowed.
        case spent(RetryStopReason)
    }

    struct Candidate: Sendable {
        var isExcluded = false
        var hasHadTurn = false
        var isRefused = false
        /// Its limits are reached for now.
        var isLimited = false
        /// Its last failure was about the key: with another it is called at once.
        var wantsOtherKey = false
        /// The keys that are no use for this request.
        var uselessKeys = KeySet()
        /// The keys of the calls in this round.
        var triedKeys = KeySet()
        var probeAfter: Int64?
        var unknownFailures = 0
        var lastFailure: ErrorClassification?

        /// The keys that the next call must not use.
        var avoidedKeys: KeySet { wantsOtherKey ? uselessKeys.union(triedKeys) : uselessKeys }
        var isDue: Bool { (!hasHadTurn || wantsOtherKey) && !isRefused && !isExcluded }
    }

    let maxAttempts: Int
    let deadline: Moment
    let allowsRetry: Bool
    let ownCount: Int
    private let retryConfiguration: RetryConfiguration
    private var retry: RetryPolicy.StateMachine
    var candidates: [Candidate]
    /// The targets in use: the model's own and those that take over generally, or those of a fallback list.
    var active: TargetList
    private let alternatives: [Fallback.Kind: [Int]]
    var ending: Ending?
    private var lastTarget: Int?
    /// One for each target that is called again, from the moment that is decided to the end of its round.
    private var reservations: [Int: RetryReservation] = [:]

    /// How many calls have been made.
    package private(set) var attempts = 0
    /// How often the target changed between two calls, hedges aside.
    package private(set) var fallbacks = 0
    /// How many of the calls were hedges.
    package private(set) var hedges = 0

    /// Creates the plan of one request.
    ///
    /// - Parameters:
    ///   - targets: How many targets there are for every request: the model's own, then those that take over when none
    ///     of them answers.
    ///   - own: How many of them are the model's own; nil for all.
    ///   - alternatives: The positions of the targets for requests that the model cannot serve, by kind.
    ///   - maxAttempts: How many calls may be made in all, 1 or more.
    ///   - deadline: When the answer must be there.
    ///   - allowsRetry: Whether a target may be called twice with the same key.
    ///   - retry: By which policy to wait between rounds.
    package init(
        targets: Int, own: Int? = nil, alternatives: [Fallback.Kind: [Int]] = [:], maxAttempts: Int,
        deadline: Moment, allowsRetry: Bool, retry: RetryConfiguration
    ) {
        self.maxAttempts = maxAttempts
        self.deadline = deadline
        self.allowsRetry = allowsRetry
        self.ownCount = own ?? targets
        self.retryConfiguration = retry
        self.retry = RetryPolicy.StateMachine(retry, startedAt: .zero)
        self.active = .first(targets)
        self.alternatives = alternatives
        let last = alternatives.isEmpty ? -1 : alternatives.values.lazy.compactMap { $0.max() }.max() ?? -1
        self.candidates = Array(repeating: Candidate(), count: max(last + 1, targets))
    }

    /// The keys that the next call to a target must not use.
    package func avoidedKeys(of target: Int) -> KeySet { candidates[target].avoidedKeys }

    /// What the next call to a target holds of its retry budget, for the call to hold as long as it lasts; nil for a
    /// call that is no retry.
    package func reservation(of target: Int) -> RetryReservation? { reservations[target] }

    /// Decides what to do now.
    ///
    /// - Parameters:
    ///   - now: The present.
    ///   - random: Where the jitter of a wait comes from.
    ///   - availability: What a call to a target would meet now, without the keys that must be avoided.
    ///   - budget: The retry budget of a target; a retry is reserved in it when a wait is decided.
    package mutating func next(
        now: Moment, random: RandomSource, availability: (Int, KeySet) -> TargetAvailability,
        budget: (Int) -> RetryReservation?
    ) -> Step {
        if let ending { return .fail(ending) }
        guard attempts < maxAttempts else { return end(.spent(.attemptsExhausted)) }
        guard now < deadline else { return end(.spent(.deadlineExceeded)) }
        var lastResort: Int?
        var limited: Int?
        for target in active where candidates[target].isDue {
            switch availability(target, candidates[target].avoidedKeys) {
            case .ready where candidates[target].isLimited: limited = limited ?? target
            case .ready: return .attempt(target)
            case .lastResort where !candidates[target].wantsOtherKey: lastResort = lastResort ?? target
            case .lastResort, .paused, .exhausted: break
            }
        }
        if let limited { return .queue(limited) }
        if let lastResort { return candidates[lastResort].isLimited ? .queue(lastResort) : .attempt(lastResort) }
        return endRound(now: now, random: random, availability: availability, budget: budget)
    }

    /// Notes that a call is being made.
    ///
    /// - Parameters:
    ///   - target: The target.
    ///   - key: The position of the key that it is made with.
    ///   - isHedge: Whether another call is in flight, which this one is a hedge of.
    package mutating func started(_ target: Int, key: Int = 0, isHedge: Bool = false) {
        attempts += 1
        if isHedge {
            hedges += 1
        } else {
            if let lastTarget, lastTarget != target { fallbacks += 1 }
            lastTarget = target
        }
        candidates[target].hasHadTurn = true
        candidates[target].isLimited = false
        candidates[target].wantsOtherKey = false
        candidates[target].triedKeys.insert(key)
    }

    /// Notes that a target cannot be asked what the client asks.
    package mutating func cannotAnswer(_ target: Int) {
        candidates[target].isExcluded = true
    }

    /// Notes that a target's limits are reached; the request goes to another one, or waits for its turn here.
    package mutating func limited(_ target: Int) {
        candidates[target].isLimited = true
    }

    /// Notes that a target's circuit breaker refused the call, or its limits after waiting.
    package mutating func refused(_ target: Int, retryAfter: Int64?) {
        candidates[target].isRefused = true
        candidates[target].probeAfter = retryAfter
    }

    /// Notes a failure.
    ///
    /// - Parameters:
    ///   - target: The target that failed.
    ///   - classification: What kind of failure it was.
    ///   - kind: Which targets can still answer the request; nil when every target would refuse it.
    ///   - key: The key of the call, if the failure is about that and not about the target.
    /// - Returns: Whether it is this failure that the client is told when nothing comes after it. What only a stand-in
    ///   finds wrong with a request is not.
    @discardableResult
    package mutating func failed(
        _ target: Int, _ classification: ErrorClassification, kind: Fallback.Kind?, key: Int? = nil
    ) -> Bool {
        candidates[target].lastFailure = classification
        var isTold = true
        switch kind {
        case .contextWindow, .contentPolicy:
            isTold = useAlternative(to: target, kind)
        case nil:
            ending = .requestRefused
        case .general:
            noteGeneralFailure(of: target, classification, key: key)
        }
        if !allowsRetry, !candidates[target].wantsOtherKey { candidates[target].isExcluded = true }
        return isTold
    }

    private mutating func noteGeneralFailure(of target: Int, _ classification: ErrorClassification, key: Int?) {
        let retryability = classification.errorClass.retryability
        let isForbidden = classification.hint?.forbidsRetry == true
        // Who forbids a retry of a request that came too fast means the request, not the key.
        if let key, retryability == .permanent || !isForbidden {
            if retryability == .permanent { candidates[target].uselessKeys.insert(key) }
            candidates[target].triedKeys.insert(key)
            candidates[target].wantsOtherKey = true
            return
        }
        switch retryability {
        case .permanent:
            candidates[target].isExcluded = true
        case .unknown:
            candidates[target].unknownFailures += 1
            let mayRepeat = candidates[target].unknownFailures <= retryConfiguration.maxUnknownRetries
            if !mayRepeat { candidates[target].isExcluded = true }
        case .transient:
            break
        }
        if isForbidden { candidates[target].isExcluded = true }
    }

    private mutating func useAlternative(to target: Int, _ kind: Fallback.Kind?) -> Bool {
        // Another refusal may lead back to this list, but this target has said what it has to say.
        candidates[target].isExcluded = true
        if let kind, let targets = alternatives[kind], !targets.isEmpty, active != .listed(targets) {
            active = .listed(targets)
        } else if case .first = active, target >= ownCount {
            // What stands in for the model is narrower than the model, which may be back in a moment.
            return false
        } else {
            ending = .requestRefused
        }
        return true
    }

    private mutating func end(_ reason: Ending) -> Step {
        ending = reason
        return .fail(reason)
    }

    /// All targets have had their turn, are paused or are refused.
    private mutating func endRound(
        now: Moment, random: RandomSource, availability: (Int, KeySet) -> TargetAvailability,
        budget: (Int) -> RetryReservation?
    ) -> Step {
        var pauses: [Int: Moment] = [:]
        var open: [Int] = []
        for target in active where !candidates[target].isExcluded {
            let availability = availability(target, candidates[target].uselessKeys)
            if settle(target, availability) { continue }
            if case .paused(let until) = availability { pauses[target] = until }
            open.append(target)
        }
        guard !open.isEmpty else { return end(.spent(.permanent)) }
        let callable = open.filter { !candidates[$0].isRefused }
        guard !callable.isEmpty else {
            if attempts > 0 { return end(.spent(.rejected)) }
            return end(.circuitOpen(retryAfter: open.compactMap { candidates[$0].probeAfter }.min()))
        }
        reservations = [:]
        var reserved: [Int: RetryReservation] = [:]
        for target in callable where candidates[target].hasHadTurn { reserved[target] = budget(target) }
        // A target whose budget is used up sits out.
        let eligible = callable.filter { !candidates[$0].hasHadTurn || reserved[$0] != nil }
        guard let first = eligible.min(by: { pauses[$0] ?? .zero < pauses[$1] ?? .zero }) else {
            return end(.spent(.budgetExhausted))
        }
        let pause = (pauses[first] ?? .zero).elapsed(since: now)
        guard candidates[first].hasHadTurn else {
            // Not called in this request: somebody else was told to wait.
            let wait = pause.addingSaturating(Int64(saturating: Double(pause) * 0.1 * random.unitInterval()))
            let isTooLong = pause > retryConfiguration.maxServerHint.saturatingNanoseconds
            guard !isTooLong, now.advanced(by: wait) < deadline else { return end(.paused(retryAfter: pause)) }
            return .wait(nanoseconds: wait)
        }
        // The shortest pause counts, not the last error's.
        var failure = candidates[first].lastFailure ?? ErrorClassification(.transient)
        // A key was refused, but another one is there.
        if failure.errorClass.retryability == .permanent { failure = ErrorClassification(.transient) }
        failure.hint = pause > 0 ? .wait(.nanoseconds(pause)) : nil
        let decision = retry.decide(
            .init(failure, isRejection: false, isCallerCancelled: false), now: now, random: random,
            reserve: { true }, release: {})
        switch decision {
        case .stop(.hintExceedsMaximum):
            return end(.paused(retryAfter: pause))
        case .stop(let reason):
            return end(.spent(reason))
        case .retry(let delay):
            guard now.advanced(by: delay) < deadline else {
                return pause > 0 ? end(.paused(retryAfter: pause)) : end(.spent(.deadlineExceeded))
            }
            for target in open {
                if reserved[target] != nil {
                    candidates[target].hasHadTurn = false
                    candidates[target].triedKeys = KeySet()
                }
                candidates[target].isRefused = false
                candidates[target].isLimited = false
            }
            reservations = reserved
            return .wait(nanoseconds: delay)
        }
    }

    /// Decides at the end of a round about a target that waits for another key; true when it is out.
    private mutating func settle(_ target: Int, _ availability: TargetAvailability) -> Bool {
        let waited = candidates[target].wantsOtherKey
        candidates[target].wantsOtherKey = false
        let isOut: Bool
        switch availability {
        case .exhausted: isOut = true
        // What is left are keys that others have found refused.
        case .lastResort: isOut = waited && !candidates[target].uselessKeys.isEmpty
        case .ready, .paused: isOut = waited && !allowsRetry
        }
        if isOut { candidates[target].isExcluded = true }
        return isOut
    }
}
