/// How often the calls of a service fail when nothing is wrong, learned from the calls that have left the window.
///
/// What is judged and what is learned from have no call in common, so that the beginning of an outage does not make
/// itself look normal: opening empties the window, and what was in it is never learned.
struct LearnedFailureRate: Sendable {
    private let memory: Double
    private let deviations: Double
    private let floor: Double
    private(set) var rate = 0.0
    /// How many calls the rate stands for; at most the memory.
    private(set) var weight = 0.0

    init(_ configuration: CircuitBreakerConfiguration.AdaptiveThreshold) {
        memory = Double(configuration.memory)
        deviations = configuration.deviations
        floor = configuration.floor
    }

    /// A mean of all calls until there are as many as the memory, then one in which older calls fade.
    mutating func learn(_ counts: CallCounts) {
        guard counts.calls > 0 else { return }
        let calls = Double(counts.calls)
        weight = min(memory, weight + calls)
        rate += (counts.failureRate - rate) * min(1, calls / weight)
    }

    /// Whether so many failures are more than chance makes of the learned rate.
    func isExceeded(by counts: CallCounts) -> Bool {
        guard Threshold.isReached(floor, by: counts.failures, of: counts.calls) else { return false }
        return Double(counts.failures) >= limit(of: counts.calls)
    }

    /// The number of failures among so many calls that is too many.
    ///
    /// The square root of a count of rare events spreads by one half whatever its mean (Bartlett 1936, Anscombe 1948),
    /// also where the mean is so small that a rate plus or minus its standard error fails. Compared are two such roots,
    /// that of the failures and that of what the learned calls let expect, so their spreads add up as squares. The
    /// expected rate carries one failure and one success more than were seen (Laplace's rule of succession): what
    /// little has been learned convinces nobody.
    func limit(of calls: Int) -> Double {
        let (calls, learned) = (Double(calls), weight + 2)
        let expected = calls * (rate * weight + 1) / learned
        let spread = (1 + calls / learned).squareRoot() / 2
        let root = expected.squareRoot() + deviations * spread
        return root * root
    }
}
