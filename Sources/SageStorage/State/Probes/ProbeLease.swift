/// The right of one instance to send one probe.
public struct ProbeLease: Sendable, Hashable {
    /// The breaker's name.
    public var breaker: String
    /// The instance that holds it.
    public var holder: String
    /// Greater than that of every earlier lease on this breaker.
    public var token: Int64
    /// How long it lasts from the time of the request on; reckoned by the holder from before it asked.
    public var duration: Duration

    /// Creates a lease.
    ///
    /// - Parameters:
    ///   - breaker: The breaker's name.
    ///   - holder: The instance that holds it.
    ///   - token: Greater than that of every earlier lease on this breaker.
    ///   - duration: How long it lasts.
    public init(breaker: String, holder: String, token: Int64, duration: Duration) {
        self.breaker = breaker
        self.holder = holder
        self.token = token
        self.duration = duration
    }
}

/// The answer to the question for a ``ProbeLease``.
public enum ProbeAnswer: Sendable, Hashable {
    /// There is one.
    case leased(ProbeLease)
    /// The last round failed; there will be leases in so much time.
    case blocked(retryAfter: Duration)
    /// All are out; the next one runs out in so much time, if it is not given back before.
    ///
    /// Zero where results are missing and no lease is out, which does not happen with sound terms.
    case exhausted(retryAfter: Duration)
}

/// What a probe found.
public enum ProbeResult: Sendable, Hashable {
    /// The service did its work.
    case succeeded
    /// The service failed; if that decides the round, there are no leases for the time of the pause.
    case failed(pause: Duration)
    /// The instance has opened its breaker again, whatever the other results are.
    case reopened(pause: Duration)
    /// Nothing: the lease was not used, or the call was ignored.
    case unused
}

/// What became of a ``ProbeLease`` that was given back.
public enum ProbeEnding: Sendable, Hashable {
    /// It had run out: the result was not counted.
    case fenced
    /// It was counted; this is what the round has come to.
    case counted(ProbeRound.Verdict)
}
