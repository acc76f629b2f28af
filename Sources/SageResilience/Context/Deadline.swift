/// The moment at which a call is of no more use, whatever clock it is measured by.
///
/// Policies do not wait beyond it: a retry throws the last error instead of sleeping, a queue refuses instead of
/// letting a call wait in vain. It cancels nothing by itself; ``TimeLimiter`` does. A value type, safe to share.
public struct Deadline: Sendable {
    private let timeline: Timeline
    private let moment: Moment

    package init(_ moment: Moment, on timeline: Timeline) {
        self.timeline = timeline
        self.moment = moment
    }

    /// The deadline that is this far away.
    ///
    /// - Parameters:
    ///   - duration: The time until then; zero or less has passed already.
    ///   - clock: The clock that measures. Defaults to `ContinuousClock`.
    public static func after(_ duration: Duration, clock: any Clock<Duration> = ContinuousClock()) -> Deadline {
        let timeline = Timeline(clock)
        return Deadline(timeline.now.advanced(by: duration.saturatingNanoseconds), on: timeline)
    }

    /// The time that is left; zero when the deadline has passed.
    public var remaining: Duration { .nanoseconds(remainingNanoseconds) }

    /// ``remaining`` in nanoseconds.
    package var remainingNanoseconds: Int64 { moment.elapsed(since: timeline.now) }

    /// The earlier of two deadlines; one of them may be missing.
    package static func earlier(_ first: Deadline?, _ second: Deadline?) -> Deadline? {
        guard let first, let second else { return first ?? second }
        return first.remainingNanoseconds <= second.remainingNanoseconds ? first : second
    }
}
