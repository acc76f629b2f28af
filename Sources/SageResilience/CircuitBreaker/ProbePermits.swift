/// Shares out the probes of a half-open circuit breaker among several processes.
///
/// A breaker that has one (``CircuitBreaker/connect(to:)``) lets a probe through only with a permit of it, within its
/// own limits. Its methods are called on the path of calls: they take what is at hand, and neither block nor wait.
/// They are never called under a lock of the breaker, and may use it.
public protocol ProbePermits: AnyObject, Sendable {
    /// Takes the right to send one probe, if one is at hand.
    func acquireProbe() -> ProbePermission

    /// The breaker has changed its state, or was reset or told to stay open for another time.
    ///
    /// Calls of several changes may come in another order than these: what counts is what the breaker says then
    /// (``CircuitBreaker/record``).
    func breakerDidChange()
}

/// The answer of ``ProbePermits`` to a call that could be a probe.
@frozen
public enum ProbePermission: Sendable {
    /// It may be one.
    case granted(ProbePermit)
    /// It may not; another try may succeed after this time.
    case refused(retryAfter: Duration)
}

/// The right to send one probe; ended exactly once.
public struct ProbePermit: Sendable {
    /// What came of a probe.
    @nonexhaustive
    public enum Outcome: Sendable, Hashable {
        /// The service did its work.
        case succeeded
        /// The service failed.
        case failed
        /// The service failed, or was too slow, or let the probes hang for too long, and the breaker is open again.
        case reopened
        /// Nothing: the probe was not sent, has no verdict, or the breaker was decided without it.
        case undecided
    }

    private let finish: @Sendable (Outcome) -> Void

    /// Creates a permit.
    ///
    /// - Parameter end: Called once, with what came of the probe; must not block.
    public init(_ end: @escaping @Sendable (Outcome) -> Void) {
        self.finish = end
    }

    func end(_ outcome: Outcome) { finish(outcome) }
}
