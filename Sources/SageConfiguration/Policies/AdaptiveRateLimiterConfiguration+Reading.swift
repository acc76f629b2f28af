public import Configuration
public import SageResilience

extension AdaptiveRateLimiterConfiguration {
    /// Reads a configuration: `beta`, `scale`, `minimumRate`, `maxWait` and more; see <doc:Settings>.
    ///
    /// - Parameters:
    ///   - config: Where to read, scoped to the limiter's settings.
    ///   - default: What holds for absent keys. Defaults to `AdaptiveRateLimiterConfiguration.default`.
    /// - Throws: `ConfigurationError` for a value of the wrong type or out of range, with its full key.
    public init(
        reading config: ConfigReader, default: AdaptiveRateLimiterConfiguration = .default
    ) throws(ConfigurationError) {
        self = try SettingScope(config).adaptiveRateLimiter(default: `default`)
    }
}

extension SettingScope {
    func adaptiveRateLimiter(
        default value: AdaptiveRateLimiterConfiguration
    ) throws(ConfigurationError) -> AdaptiveRateLimiterConfiguration {
        let beta = try number("beta", default: value.beta, "0.1 to 0.99")
        let scale = try number("scale", default: value.scale, "0.001 to 1000", unit: "calls a second per s³")
        let smoothing = try number("smoothing", default: value.smoothing, "above 0, up to 1")
        let minimumRate = try number(
            "minimumRate", default: value.minimumRate, "0.001 to 1000000", unit: "calls a second")
        let maxWait = try maxWait(default: value.maxWait)
        let maxQueued = try maxQueued(default: value.maxQueued)
        let maxServerHint = try maxServerHint(default: value.maxServerHint)
        let classifier = try classifier(default: value.classifier)
        return try build { () throws(ConfigurationError) in
            try AdaptiveRateLimiterConfiguration(
                beta: beta, scale: scale, smoothing: smoothing, minimumRate: minimumRate, maxWait: maxWait,
                maxQueued: maxQueued, classifier: classifier, maxServerHint: maxServerHint)
        }
    }
}
