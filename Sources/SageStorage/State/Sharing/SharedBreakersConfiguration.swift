public import SageResilience

/// How ``SharedBreakers`` works with its store.
public struct SharedBreakersConfiguration: Sendable, Hashable {
    /// How often the reports of the other instances are read, give or take a tenth.
    public let interval: Duration
    /// The shortest time between two publications.
    public let publishInterval: Duration
    /// How many other instances must be open by their own judgement for this one to follow.
    public let quorum: Int
    /// How long a call to a half-open breaker is refused because no lease has come, before it goes on without one.
    public let patience: Duration
    /// The longest time between two tries to reach a store that is away.
    public let maxBackoff: Duration

    /// Creates a configuration.
    ///
    /// - Parameters:
    ///   - interval: How often the reports of the others are read, 10 ms to 1 h. Defaults to 1 s.
    ///   - publishInterval: The shortest time between two publications, 0 to `interval`. Defaults to 100 ms, or to
    ///     `interval` where that is shorter.
    ///   - quorum: How many other instances must be open for this one to follow, 1 or more. Defaults to 1.
    ///   - patience: How long a half-open breaker waits for its store, 0 to 1 min. Defaults to 500 ms.
    ///   - maxBackoff: The longest time between two tries, `interval` or more. Defaults to 5 s, or to `interval`
    ///     where that is longer.
    /// - Throws: `ConfigurationError` for a value out of range.
    public init(
        interval: Duration = .seconds(1), publishInterval: Duration? = nil, quorum: Int = 1,
        patience: Duration = .milliseconds(500), maxBackoff: Duration? = nil
    ) throws(ConfigurationError) {
        let publishInterval = publishInterval ?? min(interval, .milliseconds(100))
        let maxBackoff = maxBackoff ?? max(interval, .seconds(5))
        guard interval >= .milliseconds(10), interval <= .seconds(3_600) else {
            throw ConfigurationError(field: "interval", value: interval, allowed: "10 ms to 1 h")
        }
        guard publishInterval >= .zero, publishInterval <= interval else {
            throw ConfigurationError(field: "publishInterval", value: publishInterval, allowed: "0 to \(interval)")
        }
        guard quorum >= 1 else { throw ConfigurationError(field: "quorum", value: quorum, allowed: "1 or more") }
        guard patience >= .zero, patience <= .seconds(60) else {
            throw ConfigurationError(field: "patience", value: patience, allowed: "0 to 1 min")
        }
        guard maxBackoff >= interval, maxBackoff <= .seconds(3_600) else {
            throw ConfigurationError(field: "maxBackoff", value: maxBackoff, allowed: "\(interval) to 1 h")
        }
        self.interval = interval
        self.publishInterval = publishInterval
        self.quorum = quorum
        self.patience = patience
        self.maxBackoff = maxBackoff
    }
}
