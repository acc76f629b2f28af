public import SageResilience

/// The policies through which every operation of a store runs.
///
/// Connecting and statements have a retry, a circuit breaker and a time limit each. The policies are called
/// `<store>.connect` and `<store>.statements`. A value type.
public struct StoragePolicies: Sendable {
    /// How one kind of operation is guarded.
    public struct Rule: Sendable {
        /// How often an operation is tried, the first time included; 1 or more.
        public var attempts: Int
        /// The longest wait before the second attempt; each further one is twice as long, with full jitter.
        public var initialDelay: Duration
        /// The longest wait.
        public var maxDelay: Duration
        /// How long one attempt may take.
        public var timeLimit: Duration
        /// After how many failures in a row the breaker opens; 1 or more.
        public var failuresToOpen: Int
        /// How long the breaker stays open before it lets a probe through.
        public var recovery: Duration

        /// Creates a rule; it is checked when a store is created with it.
        ///
        /// - Parameters:
        ///   - attempts: How often an operation is tried, the first time included; 1 or more.
        ///   - initialDelay: The longest wait before the second attempt; each further one is twice as long.
        ///   - maxDelay: The longest wait.
        ///   - timeLimit: How long one attempt may take.
        ///   - failuresToOpen: After how many failures in a row the breaker opens; 1 or more.
        ///   - recovery: How long the breaker stays open before it lets a probe through.
        public init(
            attempts: Int, initialDelay: Duration, maxDelay: Duration, timeLimit: Duration, failuresToOpen: Int,
            recovery: Duration
        ) {
            self.attempts = attempts
            self.initialDelay = initialDelay
            self.maxDelay = maxDelay
            self.timeLimit = timeLimit
            self.failuresToOpen = failuresToOpen
            self.recovery = recovery
        }

        /// Five attempts of 10 s each, waits from 0.5 s up to 8 s; the breaker opens after 5 failures for 30 s.
        public static let connect = Rule(
            attempts: 5, initialDelay: .milliseconds(500), maxDelay: .seconds(8), timeLimit: .seconds(10),
            failuresToOpen: 5, recovery: .seconds(30))
        /// Three attempts of 30 s each, waits from 50 ms up to 2 s; the breaker opens after 5 failures for 60 s.
        public static let statements = Rule(
            attempts: 3, initialDelay: .milliseconds(50), maxDelay: .seconds(2), timeLimit: .seconds(30),
            failuresToOpen: 5, recovery: .seconds(60))
        /// ``connect``, but the breaker opens for 1 s: a file costs nobody anything when it is tried.
        public static let openingFile = Rule(
            attempts: 5, initialDelay: .milliseconds(500), maxDelay: .seconds(8), timeLimit: .seconds(10),
            failuresToOpen: 5, recovery: .seconds(1))
        /// ``statements``, but the breaker opens for 1 s: a file costs nobody anything when it is tried.
        public static let embeddedStatements = Rule(
            attempts: 3, initialDelay: .milliseconds(50), maxDelay: .seconds(2), timeLimit: .seconds(30),
            failuresToOpen: 5, recovery: .seconds(1))
    }

    /// How connecting is guarded.
    public var connect: Rule
    /// How statements and transactions are guarded.
    public var statements: Rule
    /// The clock of the policies and of the time limits.
    public var clock: any Clock<Duration>
    /// Where jitter comes from.
    public var random: RandomSource
    /// Receives the events of the policies.
    public var listener: (any ResilienceListener)?

    /// Creates policies.
    ///
    /// - Parameters:
    ///   - connect: How connecting is guarded. Defaults to ``Rule/connect``.
    ///   - statements: How statements and transactions are guarded. Defaults to ``Rule/statements``.
    ///   - clock: The clock of the policies and of the time limits. Defaults to `ContinuousClock`.
    ///   - random: Where jitter comes from. Defaults to the system's generator.
    ///   - listener: Receives the events of the policies. Defaults to nobody.
    public init(
        connect: Rule = .connect, statements: Rule = .statements, clock: any Clock<Duration> = ContinuousClock(),
        random: RandomSource = .system, listener: (any ResilienceListener)? = nil
    ) {
        self.connect = connect
        self.statements = statements
        self.clock = clock
        self.random = random
        self.listener = listener
    }

    /// What stores behind a network have unless told otherwise.
    public static var `default`: StoragePolicies { StoragePolicies() }

    /// What a database inside of the process has unless told otherwise: as ``default``, but its breakers let a probe
    /// through after 1 s.
    public static var embedded: StoragePolicies {
        StoragePolicies(connect: .openingFile, statements: .embeddedStatements)
    }
}

extension StoragePolicies.Rule {
    func retry(_ idempotency: RetryConfiguration.Idempotency) throws(ConfigurationError) -> RetryConfiguration {
        try RetryConfiguration(
            maxAttempts: attempts,
            backoff: .exponential(initialDelay: initialDelay, multiplier: 2, maxDelay: maxDelay, jitter: .full),
            classifier: .storage,
            idempotency: idempotency,
            retriesWhenNested: true,
            // The budget of a call around it is meant for the service that the call is about, not for the store.
            budget: .unlimited)
    }

    func breaker(probes: Int) throws(ConfigurationError) -> CircuitBreakerConfiguration {
        try CircuitBreakerConfiguration(
            consecutiveFailures: failuresToOpen, recoveryTimeout: recovery, halfOpenMaxCalls: probes,
            classifier: .storage)
    }
}
