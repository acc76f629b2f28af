/// The share of calls that a breaker admits after it has closed: from a first share to all of them, in a straight line.
struct AdmissionRamp: Sendable {
    private let start: Moment
    private let nanoseconds: Int64
    private let initialShare: Double

    init(_ configuration: CircuitBreakerConfiguration.Ramp, start: Moment) {
        self.start = start
        self.nanoseconds = configuration.duration.saturatingNanoseconds
        self.initialShare = configuration.initialShare
    }

    /// The share of calls to admit; nil when the ramp is over.
    func share(at now: Moment) -> Double? {
        let elapsed = now.elapsed(since: start)
        guard elapsed < nanoseconds else { return nil }
        return initialShare + (1 - initialShare) * Double(elapsed) / Double(nanoseconds)
    }
}
