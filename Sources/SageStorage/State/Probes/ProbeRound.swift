/// The probes that all instances send in one half-open period of a breaker.
public struct ProbeRound: Sendable, Hashable {
    /// What the results come to.
    public enum Verdict: String, Sendable, Hashable, CaseIterable {
        /// Nothing yet.
        case undecided
        /// The service is well again.
        case recovered
        /// The service still fails.
        case failed
    }

    /// The breaker's name.
    public var breaker: String
    /// Counts the rounds of this breaker from 1.
    public var number: Int64
    /// What the results come to.
    public var verdict: Verdict
    /// When that was decided; nil while it is not.
    public var decidedAt: StoreInstant?
    /// When this round or an earlier one last came to the verdict that the service is well; nil when none has.
    ///
    /// Who asks for a lease after that begins a new round, maybe before others have looked: they find it here.
    public var recoveredAt: StoreInstant?
    /// Probes that succeeded.
    public var successes: Int
    /// Probes that failed.
    public var failures: Int
    /// Leases that are out.
    public var leased: Int
    /// When a lease was last refused because all were out; nil when that has not happened in this round.
    public var refusedAt: StoreInstant?
    /// Until when there are no leases because the round failed; nil when it did not.
    public var blockedUntil: StoreInstant?

    /// Creates a round.
    ///
    /// - Parameters:
    ///   - breaker: The breaker's name.
    ///   - number: Counts the rounds of this breaker from 1.
    ///   - verdict: What the results come to. Defaults to nothing yet.
    ///   - decidedAt: When that was decided.
    ///   - recoveredAt: When a round last came to the verdict that the service is well.
    ///   - successes: Probes that succeeded. Defaults to 0.
    ///   - failures: Probes that failed. Defaults to 0.
    ///   - leased: Leases that are out. Defaults to 0.
    ///   - refusedAt: When a lease was last refused because all were out.
    ///   - blockedUntil: Until when there are no leases.
    public init(
        breaker: String, number: Int64, verdict: Verdict = .undecided, decidedAt: StoreInstant? = nil,
        recoveredAt: StoreInstant? = nil, successes: Int = 0, failures: Int = 0, leased: Int = 0,
        refusedAt: StoreInstant? = nil, blockedUntil: StoreInstant? = nil
    ) {
        self.breaker = breaker
        self.number = number
        self.verdict = verdict
        self.decidedAt = decidedAt
        self.recoveredAt = recoveredAt
        self.successes = successes
        self.failures = failures
        self.leased = leased
        self.refusedAt = refusedAt
        self.blockedUntil = blockedUntil
    }
}
