/// The rule by which a rate limiter counts permits: a pure value, without clock, queue or counters.
///
/// Moments are handed in and must not decrease from call to call; the state machine sees to it. Numbers of permits
/// are from 1 to ``capacity``.
protocol RateLimitAlgorithm: Sendable {
    /// The most permits that can ever be granted at once.
    var capacity: Int { get }

    /// How many permits could be taken at a moment.
    func available(at now: Moment) -> Int

    /// The earliest moment, from `now` on, at which so many permits can be taken if nobody takes any before.
    func earliest(_ permits: Int, from now: Moment) -> Moment

    /// Takes permits that ``earliest(_:from:)`` has promised for `now`.
    mutating func take(_ permits: Int, at now: Moment)
}
