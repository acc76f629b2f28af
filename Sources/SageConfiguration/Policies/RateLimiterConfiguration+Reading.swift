public import Configuration
public import SageResilience

extension RateLimiterConfiguration {
    /// Reads a configuration: `requestsPerMinute`, `tokensPerMinute`, or `limit` and `per`; see <doc:Settings>.
    ///
    /// - Parameters:
    ///   - config: Where to read, scoped to the limiter's settings.
    ///   - default: What holds for absent keys. Defaults to nothing: one of the limits must be there.
    /// - Throws: `ConfigurationError` for a value of the wrong type or out of range, with its full key.
    public init(
        reading config: ConfigReader, default: RateLimiterConfiguration? = nil
    ) throws(ConfigurationError) {
        self = try SettingScope(config).rateLimiter(default: `default`)
    }
}

extension SettingScope {
    private enum RateRule: String, CaseIterable {
        case slidingWindow, tokenBucket
    }

    func rateLimiter(
        default value: RateLimiterConfiguration?, classifier usual: ErrorClassifier = .default
    ) throws(ConfigurationError) -> RateLimiterConfiguration {
        let limits = try rateLimits()
        let rule: RateRule = try word("algorithm", default: Self.rule(of: value))
        let per = try duration("per", default: Self.period(of: value) ?? .seconds(60), "1ns or more")
        let burst = try integer("burst", default: nil, "1 or more")
        // Who waits for tokens waits for the minute in which they come back.
        let isTokens = limits.contains { $0.key == Self.tokens }
        let maxWait = try maxWait(default: value?.maxWait ?? .seconds(isTokens ? 60 : 5))
        let maxQueued = try maxQueued(default: value?.maxQueued ?? 1_000)
        let maxServerHint = try maxServerHint(default: value?.maxServerHint ?? .seconds(60))
        let classifier = try classifier(default: value?.classifier ?? usual)
        guard limits.count <= 1 else {
            let others = limits.dropFirst().map(\.key).joined(separator: ", ")
            throw refusal(limits[0].key, allowed: "one limit for a limiter: not together with \(others)")
        }
        guard let limit = limits.first ?? Self.limit(of: value) else {
            throw refusal("limit", allowed: "1 or more; or requestsPerMinute, or tokensPerMinute")
        }
        let isBucket = isTokens || rule == .tokenBucket || burst != nil
        let period = limit.key == "limit" ? per : .seconds(60)
        return try build(["limit": limit.key, "capacity": "burst"]) { () throws(ConfigurationError) in
            if let algorithm = value?.algorithm, limits.isEmpty, !hasAny(of: ["algorithm", "per", "burst"]) {
                return try RateLimiterConfiguration(
                    algorithm, maxWait: maxWait, maxQueued: maxQueued, classifier: classifier,
                    maxServerHint: maxServerHint)
            }
            if isBucket {
                return try .tokenBucket(
                    limit: limit.value, per: period, burst: burst, maxWait: maxWait, maxQueued: maxQueued,
                    classifier: classifier, maxServerHint: maxServerHint)
            }
            return try RateLimiterConfiguration(
                .slidingWindow(limit: limit.value, per: period), maxWait: maxWait, maxQueued: maxQueued,
                classifier: classifier, maxServerHint: maxServerHint)
        }
    }

    private static let tokens = "tokensPerMinute"

    /// The limits that are set; more than one is too many.
    private func rateLimits() throws(ConfigurationError) -> [(key: String, value: Int)] {
        var limits: [(key: String, value: Int)] = []
        for key in ["requestsPerMinute", Self.tokens, "limit"] {
            if let value = try integer(key, default: nil, "1 or more") { limits.append((key, value)) }
        }
        return limits
    }

    private static func rule(of value: RateLimiterConfiguration?) -> RateRule {
        switch value?.algorithm {
        case .tokenBucket?: .tokenBucket
        default: .slidingWindow
        }
    }

    /// The time in which the limit of a value comes back.
    private static func period(of value: RateLimiterConfiguration?) -> Duration? {
        switch value?.algorithm {
        case .slidingWindow(_, let per)?: per
        case .tokenBucket(let capacity, let refillInterval)?:
            .nanoseconds(refillInterval.saturatingNanoseconds.multipliedSaturating(by: Int64(capacity)))
        default: nil
        }
    }

    private static func limit(of value: RateLimiterConfiguration?) -> (key: String, value: Int)? {
        switch value?.algorithm {
        case .slidingWindow(let limit, _)?: ("limit", limit)
        case .tokenBucket(let capacity, _)?: ("limit", capacity)
        default: nil
        }
    }
}
