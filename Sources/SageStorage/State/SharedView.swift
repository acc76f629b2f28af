/// What the instances know together at one moment.
public struct SharedView: Sendable, Hashable {
    /// The store's time.
    public var now: StoreInstant
    /// The reports of all instances that have not expired.
    public var reports: [BreakerReport]
    /// The rounds of probes that are remembered.
    public var rounds: [ProbeRound]

    /// Creates a view.
    ///
    /// - Parameters:
    ///   - now: The store's time.
    ///   - reports: The reports of all instances.
    ///   - rounds: The rounds of probes.
    public init(now: StoreInstant, reports: [BreakerReport], rounds: [ProbeRound]) {
        self.now = now
        self.reports = reports
        self.rounds = rounds
    }
}
