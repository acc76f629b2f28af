/// How the probes of a half-open breaker are shared out and judged.
public struct ProbeTerms: Sendable, Hashable {
    /// The most leases that are out at the same time.
    public var limit: Int
    /// The most results that a round takes, leases that are out included.
    public var total: Int
    /// How many successes decide; nil where the share of failures among all results does.
    public var successesToClose: Int?
    /// How many failures decide.
    public var failureLimit: Int
    /// How long a lease lasts, up to ``StateLimits/longestTime``.
    public var duration: Duration

    /// Creates terms.
    ///
    /// - Parameters:
    ///   - limit: The most leases that are out at the same time, 1 or more.
    ///   - total: The most results that a round takes, `limit` or more.
    ///   - successesToClose: How many successes decide; nil where the share of failures does.
    ///   - failureLimit: How many failures decide, 1 or more.
    ///   - duration: How long a lease lasts.
    public init(limit: Int, total: Int, successesToClose: Int?, failureLimit: Int, duration: Duration) {
        self.limit = limit
        self.total = total
        self.successesToClose = successesToClose
        self.failureLimit = failureLimit
        self.duration = duration
    }
}
