extension CircuitBreaker {
    /// The state of a circuit breaker.
    @frozen
    public enum State: String, Sendable, Hashable, CaseIterable {
        /// Calls pass and are judged.
        case closed
        /// A limited number of probes decides whether the service has recovered.
        case halfOpen = "half_open"
        /// Calls are refused until the recovery time has passed.
        case open
        /// Set by hand: calls are refused until somebody ends it.
        case forcedOpen = "forced_open"
        /// Set by hand: calls pass and nothing is recorded.
        case disabled
        /// Set by hand: calls pass and are recorded; the breaker reports when it would have opened.
        case metricsOnly = "metrics_only"

        /// Whether only a person leaves this state.
        public var isManual: Bool {
            switch self {
            case .closed, .halfOpen, .open: false
            case .forcedOpen, .disabled, .metricsOnly: true
            }
        }
    }
}
