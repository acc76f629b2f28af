/// The limit that holds for one run of an operation: the policy's own, or the call's deadline when that is nearer.
struct TimeBound: Sendable {
    /// When the limit fires.
    private(set) var moment: Moment
    /// The time until then.
    private(set) var limit: Duration
    /// Which limit it is.
    private(set) var kind: TimeLimiterError.Kind
    /// What the operation finds as ``CallContext/current``.
    let context: CallContext
    /// The deadline in it, which this limit or one around it enforces.
    private let deadline: Deadline

    /// The bound of an operation that begins now.
    ///
    /// A deadline that a limit further out enforces is left to that limit, which then reports under its own name. One
    /// that was only announced, by ``CallContext/with(priority:deadline:retryBudget:_:)``, is enforced here.
    ///
    /// - Parameters:
    ///   - own: When the policy's own limit fires.
    ///   - limit: The policy's own limit.
    ///   - kind: What the policy's own limit is.
    ///   - now: The present.
    ///   - timeline: The policy's timeline.
    /// - Returns: Nil when a deadline that nobody else enforces has passed already.
    init?(_ own: Moment, limit: Duration, kind: TimeLimiterError.Kind, now: Moment, on timeline: Timeline) {
        var context = CallContext.current
        (moment, self.limit, self.kind) = (own, limit, kind)
        if let inherited = context.deadline, case let remaining = inherited.remainingNanoseconds,
            remaining < own.elapsed(since: now)
        {
            deadline = inherited
            // Read after the deadline: if the two are one, the later reading cannot be larger.
            let enforced = TimeLimitRace.current?.deadline.remainingNanoseconds ?? .max
            if remaining < enforced {
                guard remaining > 0 else { return nil }
                (moment, self.limit, self.kind) = (now.advanced(by: remaining), .nanoseconds(remaining), .deadline)
            }
        } else {
            deadline = Deadline(own, on: timeline)
            context.deadline = deadline
        }
        self.context = context
    }

    /// The race of an operation that runs under this bound.
    func makeRace() -> TimeLimitRace { TimeLimitRace(deadline: deadline) }
}

/// How the race between an operation and its limit ended.
enum TimedOutcome<Value: Sendable>: Sendable {
    case finished(Result<Value, any Error>)
    case limitExceeded
}
