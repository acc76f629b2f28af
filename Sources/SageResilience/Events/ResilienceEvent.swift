/// Something that happened in a policy.
public struct ResilienceEvent: Sendable {
    /// The policy in which it happened.
    public let policy: PolicyIdentity
    /// Counts the events of this policy from 1; a listener sees them in this order.
    ///
    /// A gap means that events were dropped (``ResilienceListener``).
    public let sequence: UInt64
    /// What happened.
    public let kind: Kind

    /// Creates an event, for tests of listeners.
    ///
    /// - Parameters:
    ///   - policy: The policy in which it happened.
    ///   - sequence: The number of the event among those of the policy, from 1.
    ///   - kind: What happened.
    public init(policy: PolicyIdentity, sequence: UInt64, kind: Kind) {
        self.policy = policy
        self.sequence = sequence
        self.kind = kind
    }

    /// What happened in a policy.
    ///
    /// Later versions may add cases.
    @nonexhaustive
    public enum Kind: Sendable {
        /// A circuit breaker changed its state; the snapshot is of the moment after the change, but still holds the
        /// window that led to it.
        case circuitBreakerTransition(from: CircuitBreaker.State, to: CircuitBreaker.State, CircuitBreaker.Snapshot)
        /// A circuit breaker in ``CircuitBreaker/State/metricsOnly`` would have opened.
        case circuitBreakerWouldOpen(CircuitBreaker.Snapshot)
        /// A circuit breaker has taken up a state from before the process started.
        case circuitBreakerRestored(CircuitBreaker.Record)
        /// A circuit breaker follows what other processes have found out.
        case circuitBreakerAdvised(CircuitBreaker.Advice)
        /// A circuit breaker refused a call.
        case circuitBreakerRejected(RejectionReason)
        /// A retry is about to wait before the attempt with this number, counted from 2.
        case retryScheduled(attempt: Int, delay: Duration, error: any Error)
        /// A call has succeeded that a retry has repeated, with this many attempts in all, 2 or more.
        case retrySucceeded(attempts: Int)
        /// A retry gave up after this many attempts.
        case retryStopped(attempts: Int, reason: RetryStopReason, error: any Error)
        /// A rate limiter refused a call.
        case rateLimiterRejected(RejectionReason, permits: Int)
        /// A call waited in a rate limiter's queue and was then admitted.
        case rateLimiterWaited(Duration, permits: Int)
        /// A bulkhead refused a call.
        case bulkheadRejected(RejectionReason, priority: CallPriority)
        /// A call waited in a bulkhead's queue and was then admitted.
        case bulkheadWaited(Duration, priority: CallPriority)
        /// An adaptive limiter changed how many calls it lets be in flight.
        case adaptiveLimiterChanged(from: Int, to: Int)
        /// An adaptive limiter refused a call.
        case adaptiveLimiterRejected(RejectionReason)
        /// An adaptive rate limiter was told to slow down and lets this many calls a second through now.
        case adaptiveRateLimiterReduced(to: Double)
        /// A client-side throttle refused a call; it refuses this share of the calls at present.
        case clientThrottleRejected(probability: Double)
        /// A time limit cancelled its operation.
        case timeLimitExceeded(Duration)
        /// An abandoning time limit returned although its operation goes on; so many of its operations do.
        case timeLimitAbandoned(Duration, running: Int)
        /// A time limiter refused a call.
        case timeLimiterRejected(RejectionReason)
        /// A hedge sent another copy of a call; copies are numbered from 2, the call itself being 1.
        case hedgeSent(copy: Int, delay: Duration)
        /// A hedge wanted to send another copy and its budget refused.
        case hedgeRefused
        /// A copy sent by a hedge came first.
        case hedgeWon(copy: Int)
        /// An alternative takes over after this error; alternatives are numbered from 1.
        case fallbackUsed(alternative: Int, error: any Error)
        /// A registry removed an idle entry to stay within its bound.
        case registryEvicted(entry: String)
        /// A supervisor started a child; restarts are counted since the supervisor started.
        case childStarted(child: String, restarts: Int)
        /// A supervised child ended.
        ///
        /// The error is nil when it returned, and also when it had been told to end and threw `CancellationError`: that
        /// is how it says that it has obeyed.
        case childEnded(child: String, error: (any Error)?)
        /// A supervisor will start a child again after this delay.
        case childRestartScheduled(child: String, delay: Duration)
        /// A child that was cancelled goes on for longer than this limit; the supervisor waits for it.
        case childUnresponsive(child: String, limit: Duration)
        /// A child failed more often than allowed, and the supervisor acts on it.
        case supervisorGaveUp(child: String, action: String)
        /// The policies of a pipeline stand in an order that is known to be wrong.
        case pipelineWarning(String)
    }

    /// How much attention an event deserves.
    public enum Severity: Int, Sendable, Comparable {
        /// Part of normal operation under load.
        case debug
        /// A change that an operator may want to see in hindsight.
        case info
        /// A dependency is in trouble.
        case warning

        /// Whether the first deserves less attention than the second.
        public static func < (lhs: Severity, rhs: Severity) -> Bool { lhs.rawValue < rhs.rawValue }
    }

    /// How much attention this event deserves.
    public var severity: Severity {
        switch kind {
        case .circuitBreakerTransition(_, let to, _): to == .open || to == .forcedOpen ? .warning : .info
        case .retryStopped(_, let reason, _): reason.isOrdinary ? .debug : .warning
        case .circuitBreakerWouldOpen, .timeLimitExceeded, .timeLimitAbandoned, .fallbackUsed,
            .childUnresponsive, .supervisorGaveUp, .pipelineWarning:
            .warning
        case .childEnded(_, let error): error == nil ? .info : .warning
        case .retryScheduled, .registryEvicted, .adaptiveLimiterChanged, .adaptiveRateLimiterReduced, .hedgeRefused,
            .childStarted, .childRestartScheduled, .circuitBreakerRestored, .circuitBreakerAdvised:
            .info
        case .circuitBreakerRejected, .rateLimiterRejected, .rateLimiterWaited, .bulkheadRejected, .bulkheadWaited,
            .adaptiveLimiterRejected, .clientThrottleRejected, .timeLimiterRejected, .hedgeSent, .hedgeWon,
            .retrySucceeded:
            .debug
        }
    }
}

/// Which policy an event is about.
public struct PolicyIdentity: Sendable, Hashable {
    /// The kind of policy.
    public let kind: PolicyKind
    /// The name it was given.
    public let name: String

    /// Creates an identity.
    public init(_ kind: PolicyKind, _ name: String) {
        self.kind = kind
        self.name = name
    }
}

/// The kinds of policies.
@nonexhaustive
public enum PolicyKind: String, Sendable, Hashable, CaseIterable {
    /// ``CircuitBreaker``.
    case circuitBreaker = "circuit_breaker"
    /// ``RetryPolicy``.
    case retry
    /// ``RateLimiter``.
    case rateLimiter = "rate_limiter"
    /// ``Bulkhead``.
    case bulkhead
    /// ``AdaptiveLimiter``.
    case adaptiveLimiter = "adaptive_limiter"
    /// ``AdaptiveRateLimiter``.
    case adaptiveRateLimiter = "adaptive_rate_limiter"
    /// ``ClientThrottle``.
    case clientThrottle = "client_throttle"
    /// ``TimeLimiter``.
    case timeLimiter = "time_limiter"
    /// ``Hedge``.
    case hedge
    /// ``Fallback``.
    case fallback
    /// ``Registry``.
    case registry
    /// ``Supervisor``.
    case supervisor
    /// ``ResiliencePipeline``.
    case pipeline
}
