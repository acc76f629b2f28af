public import SageResilience

/// What an instance tells the others about one of its circuit breakers.
///
/// Times are durations from now: the store knows by which clock.
public struct BreakerStatus: Sendable, Hashable {
    /// The breaker's name.
    public var breaker: String
    /// The start of the instance that this belongs to (``StateStore/join(_:after:)``).
    public var epoch: Int64
    /// Counts what the instance has told since it started.
    public var sequence: Int64
    /// The state.
    public var state: CircuitBreaker.State
    /// Whether the instance found the state by its own calls, or was told by a person; false when it follows others'
    /// advice, which is no evidence.
    public var isOwnJudgement: Bool
    /// How long the breaker has been in this state.
    public var timeInState: Duration
    /// How much longer it stays open; zero in every other state.
    public var remaining: Duration
    /// Openings from half-open since the breaker was last closed for long enough.
    public var failedRecoveries: Int
    /// The calls that count in this state, for people.
    public var calls: Int
    /// How many of them failed, for people.
    public var failures: Int
    /// How long the report is kept; up to ``StateLimits/longestTime``.
    public var keep: Duration

    /// Creates a status.
    ///
    /// - Parameters:
    ///   - breaker: The breaker's name.
    ///   - epoch: The start of the instance that this belongs to.
    ///   - sequence: Counts what the instance has told since it started.
    ///   - state: The state.
    ///   - isOwnJudgement: Whether the instance found it by itself. Defaults to true.
    ///   - timeInState: How long the breaker has been in this state. Defaults to zero.
    ///   - remaining: How much longer it stays open. Defaults to zero.
    ///   - failedRecoveries: Openings from half-open. Defaults to 0.
    ///   - calls: The calls that count in this state. Defaults to 0.
    ///   - failures: How many of them failed. Defaults to 0.
    ///   - keep: How long the report is kept. Defaults to 60 s.
    public init(
        breaker: String, epoch: Int64, sequence: Int64, state: CircuitBreaker.State, isOwnJudgement: Bool = true,
        timeInState: Duration = .zero, remaining: Duration = .zero, failedRecoveries: Int = 0, calls: Int = 0,
        failures: Int = 0, keep: Duration = .seconds(60)
    ) {
        self.breaker = breaker
        self.epoch = epoch
        self.sequence = sequence
        self.state = state
        self.isOwnJudgement = isOwnJudgement
        self.timeInState = timeInState
        self.remaining = remaining
        self.failedRecoveries = failedRecoveries
        self.calls = calls
        self.failures = failures
        self.keep = keep
    }
}
