public import SageResilience

/// How metrics are kept bounded, and how often gauges are sampled.
public struct MetricsConfiguration: Sendable {
    /// The value of a label in place of a name beyond ``maxNames``.
    public static let otherName = "other"

    /// How many names of one kind of policy become values of labels; a child of a supervisor counts as a name, too.
    public let maxNames: Int
    /// How often gauges are sampled by ``MetricsSampler/run()``.
    public let samplingInterval: Duration
    /// What the class of an error is.
    public let classifier: ErrorClassifier

    /// Creates a configuration.
    ///
    /// - Parameters:
    ///   - maxNames: How many names of one kind of policy are told apart, 1 to 100,000. Counters of further names are
    ///     added up under the name ``otherName``; gauges, which cannot be added up, are left out. Defaults to 200.
    ///   - samplingInterval: How often gauges are sampled, 1 ms or more. Defaults to 5 s, a third of the interval at
    ///     which Prometheus usually scrapes.
    ///   - classifier: What the class of an error is. Defaults to the error's own (`ErrorClassifier.default`). It is
    ///     called for each event about an error.
    /// - Throws: `ConfigurationError` for a value out of range.
    public init(
        maxNames: Int = 200, samplingInterval: Duration = .seconds(5), classifier: ErrorClassifier = .default
    ) throws(ConfigurationError) {
        guard (1...100_000).contains(maxNames) else {
            throw ConfigurationError(field: "maxNames", value: maxNames, allowed: "1 to 100000")
        }
        guard samplingInterval >= .milliseconds(1) else {
            throw ConfigurationError(field: "samplingInterval", value: samplingInterval, allowed: "1 ms or more")
        }
        self.init(maxNames, samplingInterval, classifier)
    }

    private init(_ maxNames: Int, _ samplingInterval: Duration, _ classifier: ErrorClassifier) {
        self.maxNames = maxNames
        self.samplingInterval = samplingInterval
        self.classifier = classifier
    }

    /// 200 names of each kind of policy, gauges every 5 s.
    public static let `default` = MetricsConfiguration(200, .seconds(5), .default)
}
