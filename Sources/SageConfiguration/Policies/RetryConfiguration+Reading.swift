public import Configuration
public import SageResilience

extension RetryConfiguration {
    /// Reads a configuration: `maxAttempts`, `strategy`, `initialDelay`, `maxDelay` and more; see <doc:Settings>.
    ///
    /// - Parameters:
    ///   - config: Where to read, scoped to the retry's settings.
    ///   - default: What holds for absent keys. Defaults to `RetryConfiguration.default`.
    /// - Throws: `ConfigurationError` for a value of the wrong type or out of range, with its full key.
    public init(
        reading config: ConfigReader, default: RetryConfiguration = .default
    ) throws(ConfigurationError) {
        self = try SettingScope(config).retry(default: `default`)
    }
}

extension SettingScope {
    func retry(default value: RetryConfiguration) throws(ConfigurationError) -> RetryConfiguration {
        let maxAttempts = try integer("maxAttempts", default: value.maxAttempts, "1 or more")
        let backoff = try backoff(default: value.backoff)
        let maxServerHint = try maxServerHint(default: value.maxServerHint)
        let totalTimeLimit = try durationOrOff("totalTimeLimit", default: value.totalTimeLimit, "1ns or more")
        let maxUnknownRetries = try integer("maxUnknownRetries", default: value.maxUnknownRetries, "0 or more")
        let isIdempotent = try flag("idempotent", default: value.idempotency == .idempotent)
        let waitsForRejections = try flag("waitsForRejections", default: value.waitsForRejections)
        let retriesWhenNested = try flag("retriesWhenNested", default: value.retriesWhenNested)
        let classifier = try classifier(default: value.classifier)
        let classBackoffs = try scoped("classBackoffs").classBackoffs(default: value.classBackoffs)
        let budget = try scoped("budget").budget(default: value.budget)
        return try build { () throws(ConfigurationError) in
            try RetryConfiguration(
                maxAttempts: maxAttempts, totalTimeLimit: totalTimeLimit, backoff: backoff,
                classBackoffs: classBackoffs, classifier: classifier, maxUnknownRetries: maxUnknownRetries,
                maxServerHint: maxServerHint, idempotency: isIdempotent ? .idempotent : .notIdempotent,
                waitsForRejections: waitsForRejections, retriesWhenNested: retriesWhenNested, budget: budget)
        }
    }
}
