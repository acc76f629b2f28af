package import SageResilience

/// Decides which target a request goes to next: a value, told of time and results.
///
/// A request goes round its targets in order. A failed target is followed by the next one at once; only when all have
/// had their turn does the request wait, by the retry policy, and go round again. The mistakes of the request end it.
/// A target that cannot answer this request at all (credentials, quota, unknown model) gets no second turn.
package struct RoutePlan: Sendable {
    /// What to do next.
    package enum Step: Sendable, Hashable {
        /// Send the request to this target.
        case attempt(Int)
        /// Wait, then ask again.
        case wait(nanoseconds: Int64)
        /// Give up.
        case fail(Ending)
    }

    /// Why a request ends without an answer.
    package enum Ending: Sendable, Hashable {
        /// The last error is the answer: the request cannot succeed anywhere.
        case requestRefused
        /// Every target that may still be tried is refused by its circuit breaker; the time until the first probe.
        case circuitOpen(retryAfter: Int64?)
        /// Every target asked for a pause that is longer than the policy or the client waits.
        case paused(retryAfter: Int64)
        /// Tried as often, or for as long, as allowed.
        case spent(RetryStopReason)
    }

    private struct Candidate: Sendable {
        var isExcluded = false
        var hasHadTurn = false
        var isRefused = false
        var probeAfter: Int64?
        var unknownFailures = 0
        var lastFailure: ErrorClassification?
    }

    private let maxAttempts: Int
    private let deadline: Moment
    private let allowsRetry: Bool
    private let retryConfiguration: RetryConfiguration
    private var retry: RetryPolicy.StateMachine
    private var candidates: [Candidate]
    /// The targets in use: the model's own, or those of a fallback list.
    private var active: Range<Int>
    private let alternatives: [Fallback.Kind: Range<Int>]
    private var ending: Ending?
    private var lastTarget: Int?
    /// One for each target that is called again, from the moment that is decided to the end of its round.
    private var reservations: [RetryReservation] = []

    /// How many calls have been made.
    package private(set) var attempts = 0
    /// How often the target changed between two calls.
    package private(set) var fallbacks = 0

    /// Creates the plan of one request.
    ///
    /// - Parameters:
    ///   - targets: The positions of the model's own targets.
    ///   - alternatives: The positions of the targets for requests that the model cannot serve, by kind.
    ///   - maxAttempts: How many calls may be made in all, 1 or more.
    ///   - deadline: When the answer must be there.
    ///   - allowsRetry: Whether a target may be called twice.
    ///   - retry: By which policy to wait between rounds.
    package init(
        targets: Range<Int>, alternatives: [Fallback.Kind: Range<Int>] = [:], maxAttempts: Int, deadline: Moment,
        allowsRetry: Bool, retry: RetryConfiguration
    ) {
        self.maxAttempts = maxAttempts
        self.deadline = deadline
        self.allowsRetry = allowsRetry
        self.retryConfiguration = retry
        self.retry = RetryPolicy.StateMachine(retry, startedAt: .zero)
        self.active = targets
        self.alternatives = alternatives
        let count = alternatives.values.map(\.upperBound).max() ?? 0
        self.candidates = Array(repeating: Candidate(), count: max(count, targets.upperBound))
    }

    /// Decides what to do now.
    ///
    /// - Parameters:
    ///   - now: The present.
    ///   - random: Where the jitter of a wait comes from.
    ///   - pausedUntil: Until when a target has asked not to be called.
    ///   - budget: The retry budget of a target; a retry is reserved in it when a wait is decided.
    package mutating func next(
        now: Moment, random: RandomSource, pausedUntil: (Int) -> Moment, budget: (Int) -> RetryReservation?
    ) -> Step {
        if let ending { return .fail(ending) }
        guard attempts < maxAttempts else { return end(.spent(.attemptsExhausted)) }
        guard now < deadline else { return end(.spent(.deadlineExceeded)) }
        let open = active.filter { !candidates[$0].isExcluded }
        guard !open.isEmpty else { return end(.spent(.permanent)) }
        if let target = open.first(where: { isDue($0) && pausedUntil($0) <= now }) { return .attempt(target) }
        return endRound(open, now: now, random: random, pausedUntil: pausedUntil, budget: budget)
    }

    /// Notes that a call is being made.
    package mutating func started(_ target: Int) {
        attempts += 1
        if let lastTarget, lastTarget != target { fallbacks += 1 }
        lastTarget = target
        candidates[target].hasHadTurn = true
    }

    /// Notes that a target's circuit breaker refused the call.
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
    package mutating func failed(_ target: Int, _ classification: ErrorClassification, kind: Fallback.Kind?) {
        candidates[target].lastFailure = classification
        switch kind {
        case .contextWindow, .contentPolicy:
            useAlternative(to: target, kind)
        case nil:
            ending = .requestRefused
        case .general:
            switch classification.errorClass.retryability {
            case .permanent:
                candidates[target].isExcluded = true
            case .unknown:
                candidates[target].unknownFailures += 1
                let mayRepeat = candidates[target].unknownFailures <= retryConfiguration.maxUnknownRetries
                candidates[target].isExcluded = !mayRepeat
            case .transient:
                break
            }
            if classification.hint?.forbidsRetry == true { candidates[target].isExcluded = true }
        }
        if !allowsRetry { candidates[target].isExcluded = true }
    }

    private func isDue(_ target: Int) -> Bool {
        !candidates[target].hasHadTurn && !candidates[target].isRefused
    }

    private mutating func useAlternative(to target: Int, _ kind: Fallback.Kind?) {
        guard let kind, let targets = alternatives[kind], targets != active else {
            ending = .requestRefused
            return
        }
        // Another refusal may lead back to this list, but this target has said what it has to say.
        candidates[target].isExcluded = true
        active = targets
    }

    private mutating func end(_ reason: Ending) -> Step {
        ending = reason
        return .fail(reason)
    }

    /// All targets have had their turn, are paused or are refused.
    private mutating func endRound(
        _ open: [Int], now: Moment, random: RandomSource, pausedUntil: (Int) -> Moment,
        budget: (Int) -> RetryReservation?
    ) -> Step {
        let callable = open.filter { !candidates[$0].isRefused }
        guard !callable.isEmpty else {
            if attempts > 0 { return end(.spent(.rejected)) }
            return end(.circuitOpen(retryAfter: open.compactMap { candidates[$0].probeAfter }.min()))
        }
        reservations = []
        var reserved: [Int: RetryReservation] = [:]
        for target in callable where candidates[target].hasHadTurn { reserved[target] = budget(target) }
        // A target whose budget is used up sits out.
        let eligible = callable.filter { !candidates[$0].hasHadTurn || reserved[$0] != nil }
        guard let first = eligible.min(by: { pausedUntil($0) < pausedUntil($1) }) else {
            return end(.spent(.budgetExhausted))
        }
        let pause = pausedUntil(first).elapsed(since: now)
        guard candidates[first].hasHadTurn else {
            // Not called in this request: somebody else was told to wait.
            let wait = pause.addingSaturating(Int64(saturating: Double(pause) * 0.1 * random.unitInterval()))
            let isTooLong = pause > retryConfiguration.maxServerHint.saturatingNanoseconds
            guard !isTooLong, now.advanced(by: wait) < deadline else { return end(.paused(retryAfter: pause)) }
            return .wait(nanoseconds: wait)
        }
        // The shortest pause counts, not the last error's.
        var failure = candidates[first].lastFailure ?? ErrorClassification(.transient)
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
                if reserved[target] != nil { candidates[target].hasHadTurn = false }
                candidates[target].isRefused = false
            }
            reservations = Array(reserved.values)
            return .wait(nanoseconds: delay)
        }
    }
}
