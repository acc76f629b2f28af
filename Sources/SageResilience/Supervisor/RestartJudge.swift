/// Decides what one more failure leads to: the intensities of a policy, as a value.
struct RestartJudge: Sendable {
    enum Verdict: Sendable, Hashable {
        case restart
        case restartGroup
        case stop
        case escalate
    }

    private let onExcess: SupervisionPolicy.ExcessAction
    private var restarts: RestartHistory
    private var groupRestarts: RestartHistory?

    init(_ policy: SupervisionPolicy) {
        onExcess = policy.onExcess
        restarts = RestartHistory(policy.intensity)
        if case .restartGroup(let intensity) = policy.onExcess { groupRestarts = RestartHistory(intensity) }
    }

    /// Counts a failure that asks for a restart.
    mutating func judge(now: Moment) -> Verdict {
        guard !restarts.register(now: now) else { return .restart }
        switch onExcess {
        case .stop: return .stop
        case .escalate: return .escalate
        case .restartGroup:
            guard groupRestarts?.register(now: now) == true else { return .escalate }
            restarts.clear()
            return .restartGroup
        }
    }

    /// How many restarts lie within the window.
    func restartsInWindow(now: Moment) -> Int { restarts.count(now: now) }
}

/// How far the backoff of one child has grown.
struct BackoffProgress: Sendable {
    /// Restarts since the last stable run.
    private(set) var restarts = 0
    /// The delay before the last of them, in nanoseconds.
    private(set) var previousDelay: Int64?

    /// Counts a run that has ended.
    ///
    /// - Returns: The number of the coming restart, from 1.
    mutating func runEnded(after nanoseconds: Int64, stableAfter: Int64) -> Int {
        if nanoseconds >= stableAfter { self = BackoffProgress() }
        restarts = restarts.addingSaturating(1)
        return restarts
    }

    mutating func waits(_ delay: Int64) {
        previousDelay = delay
    }
}
