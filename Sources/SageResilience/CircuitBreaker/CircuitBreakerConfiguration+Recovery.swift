extension CircuitBreakerConfiguration {
    /// How the share of admitted calls grows after a recovery, so that the service is not met by all callers at once.
    ///
    /// The share grows in a straight line from the initial one to all calls. Which calls are admitted is left to the
    /// breaker's ``RandomSource``; the others are refused as ``RejectionReason/rampingUp``. A change to closed by hand
    /// has no ramp.
    public struct Ramp: Sendable, Hashable {
        /// How long it takes until all calls are admitted.
        public let duration: Duration
        /// The share of calls that is admitted at first.
        public let initialShare: Double

        /// Creates a ramp.
        ///
        /// - Parameters:
        ///   - duration: How long it takes until all calls are admitted, more than 0.
        ///   - initialShare: The share of calls that is admitted at first, above 0 to 1. Defaults to a tenth.
        public init(over duration: Duration, from initialShare: Double = 0.1) {
            self.duration = duration
            self.initialShare = initialShare
        }
    }

    /// A failure rate that is unusual for the service, whatever is usual for it.
    ///
    /// The breaker learns a base rate from the calls that leave the window while it is closed, so that the calls under
    /// judgement are never part of what they are compared with. It opens when the failures in the window are more than
    /// the base rate explains: by so many standard deviations, counted on the scale of square roots, on which failures
    /// spread by one half whatever their rate (Anscombe 1948). That is the control chart of quality control (Shewhart
    /// 1931), with three deviations as its customary limit, and with an exponentially weighted mean as its centre line
    /// (Roberts 1959). It opens at ``CircuitBreakerConfiguration/failureRate`` in any case, and never below the floor.
    ///
    /// A slow rise of the base rate is learned too; the failure rate is the limit to it. Successes take the lock, where
    /// a breaker without this may skip it.
    public struct AdaptiveThreshold: Sendable, Hashable {
        /// How many calls the base rate stands for.
        public let memory: Int
        /// By how many standard deviations the failures must exceed what the base rate explains.
        public let deviations: Double
        /// The failure rate below which the breaker never opens.
        public let floor: Double

        /// Creates a threshold.
        ///
        /// - Parameters:
        ///   - memory: How many calls the base rate stands for, 1 to 1,000,000: older ones fade. Defaults to 1,000.
        ///   - deviations: By how many standard deviations the failures must exceed what the base rate explains, 1 to
        ///     100. Defaults to 3, which chance reaches about once in a thousand judgements.
        ///   - floor: The failure rate below which the breaker never opens, above 0 up to the failure rate. Defaults to
        ///     a tenth.
        public init(memory: Int = 1_000, deviations: Double = 3, floor: Double = 0.1) {
            self.memory = memory
            self.deviations = deviations
            self.floor = floor
        }
    }
}
