public import Configuration
public import SageResilience

extension ClientThrottleConfiguration {
    /// Reads a configuration: `acceptsMultiplier`, `maxRejectionProbability`, `window` and more; see <doc:Settings>.
    ///
    /// - Parameters:
    ///   - config: Where to read, scoped to the throttle's settings.
    ///   - default: What holds for absent keys. Defaults to `ClientThrottleConfiguration.default`.
    /// - Throws: `ConfigurationError` for a value of the wrong type or out of range, with its full key.
    public init(
        reading config: ConfigReader, default: ClientThrottleConfiguration = .default
    ) throws(ConfigurationError) {
        self = try SettingScope(config).clientThrottle(default: `default`)
    }
}

extension SettingScope {
    func clientThrottle(
        default value: ClientThrottleConfiguration
    ) throws(ConfigurationError) -> ClientThrottleConfiguration {
        let multiplier = try number("acceptsMultiplier", default: value.acceptsMultiplier, "1 to 1000000")
        let maximum = try number("maxRejectionProbability", default: value.maxRejectionProbability, "0 to 1")
        let window = try duration("window", default: value.window, "1ns to 1d")
        let buckets = try integer("windowBuckets", default: value.buckets, "1 to 1000")
        let minimumRequests = try integer("minimumRequests", default: value.minimumRequests, "0 or more")
        let countsPendingCalls = try flag("countsPendingCalls", default: value.countsPendingCalls)
        let honorsPriority = try flag("honorsPriority", default: value.honorsPriority)
        let classifier = try classifier(default: value.classifier)
        return try build(["buckets": "windowBuckets"]) { () throws(ConfigurationError) in
            try ClientThrottleConfiguration(
                acceptsMultiplier: multiplier, maxRejectionProbability: maximum, window: window, buckets: buckets,
                minimumRequests: minimumRequests, countsPendingCalls: countsPendingCalls,
                honorsPriority: honorsPriority, classifier: classifier)
        }
    }
}
