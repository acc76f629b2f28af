import SageResilience

/// The policies of a pipeline that have settings.
struct PipelineSettings {
    var fallback: Fallback?
    var deadline: TimeLimiter?
    var retry: RetryConfiguration?
    var clientThrottle: ClientThrottleConfiguration?
    var breaker: CircuitBreakerConfiguration?
    var adaptiveRateLimiter: AdaptiveRateLimiterConfiguration?
    var rateLimiter: RateLimiterConfiguration?
    var adaptiveLimiter: AdaptiveLimiterConfiguration?
    var bulkhead: BulkheadConfiguration?
    var hedge: HedgeConfiguration?
    var attemptTimeout: TimeLimiter?

    /// The name of the time limit of an attempt; events and errors tell it from that of the whole call.
    static func attemptName(_ pipeline: String) -> String { "\(pipeline)-attempt" }
}

/// What holds for absent keys of a pipeline.
private enum Preset: String, CaseIterable {
    case `default`, llm, network, database

    var retry: RetryConfiguration {
        switch self {
        case .default: .default
        case .llm: .llm
        case .network: .network
        case .database: .database
        }
    }

    var breaker: CircuitBreakerConfiguration {
        switch self {
        case .default: .default
        case .llm: .llm
        case .network: .network
        case .database: .database
        }
    }

    var clientThrottle: ClientThrottleConfiguration { self == .llm ? .llm : .default }

    var classifier: ErrorClassifier { breaker.classifier }
}

extension SettingScope {
    /// The policies of a pipeline.
    ///
    /// - Parameters:
    ///   - name: The pipeline's name.
    ///   - clock: The clock of its policies.
    ///   - listener: The listener of its policies.
    /// - Throws: For a wrong value, and when no policy has a setting.
    func pipeline(
        _ name: String, clock: any Clock<Duration>, listener: (any ResilienceListener)?
    ) throws(ConfigurationError) -> PipelineSettings {
        let preset: Preset = try word("preset", default: .default)
        var settings = PipelineSettings()
        settings.fallback = try section("fallback") { (scope) throws(ConfigurationError) in
            try scope.fallback(name, default: [.general], classifier: preset.classifier, listener: listener)
        }
        settings.deadline = try timeLimit("deadline", name, clock, listener)
        let budget = try scoped("budget").budget(default: nil, clock: clock)
        settings.retry = try section("retry") { (scope) throws(ConfigurationError) in
            try scope.retry(default: budget.map { preset.retry.with(budget: $0) } ?? preset.retry)
        }
        settings.clientThrottle = try section("clientThrottle") { (scope) throws(ConfigurationError) in
            try scope.clientThrottle(default: preset.clientThrottle)
        }
        settings.breaker = try section("breaker") { (scope) throws(ConfigurationError) in
            try scope.breaker(default: preset.breaker)
        }
        settings.adaptiveRateLimiter = try section("adaptiveRateLimiter") { (scope) throws(ConfigurationError) in
            try scope.adaptiveRateLimiter(default: AdaptiveRateLimiterConfiguration(classifier: preset.classifier))
        }
        settings.rateLimiter = try section("rateLimiter") { (scope) throws(ConfigurationError) in
            try scope.rateLimiter(default: nil, classifier: preset.classifier)
        }
        settings.adaptiveLimiter = try section("adaptiveLimiter") { (scope) throws(ConfigurationError) in
            try scope.adaptiveLimiter(default: AdaptiveLimiterConfiguration(classifier: preset.classifier))
        }
        settings.bulkhead = try section("bulkhead") { (scope) throws(ConfigurationError) in
            try scope.bulkhead(default: nil)
        }
        settings.hedge = try section("hedge") { (scope) throws(ConfigurationError) in
            try scope.hedge(default: nil, budget: settings.retry?.budget ?? budget, classifier: preset.classifier)
        }
        settings.attemptTimeout = try timeLimit("attemptTimeout", PipelineSettings.attemptName(name), clock, listener)
        // A preset or a budget alone would make a pipeline that guards nothing.
        guard Self.sections.contains(where: { scoped($0).hasAny }) || hasAny(of: ["deadline", "attemptTimeout"]) else {
            throw refusal(allowed: "at least one setting of a policy, such as breaker.enabled")
        }
        return settings
    }

    private static let sections = [
        "fallback", "retry", "clientThrottle", "breaker", "adaptiveRateLimiter", "rateLimiter", "adaptiveLimiter",
        "bulkhead", "hedge",
    ]

    /// The policy of a section; nil if it has no settings or is switched off.
    private func section<Policy>(
        _ key: String, _ read: (SettingScope) throws(ConfigurationError) -> Policy
    ) throws(ConfigurationError) -> Policy? {
        let scope = scoped(key)
        let isEnabled = try scope.flag("enabled", default: "true with any other key")
        do {
            let policy = try read(scope)
            return isEnabled ?? scope.hasAny ? policy : nil
        } catch {
            // What is not used need not be complete.
            guard isEnabled ?? scope.hasAny else { return nil }
            throw error
        }
    }

    private func timeLimit(
        _ key: String, _ name: String, _ clock: any Clock<Duration>, _ listener: (any ResilienceListener)?
    ) throws(ConfigurationError) -> TimeLimiter? {
        guard let limit = try durationOrOff(key, default: nil, "1ns or more") else { return nil }
        return try build(["limit": key]) { () throws(ConfigurationError) in
            try TimeLimiter(name, limit, clock: clock, listener: listener)
        }
    }
}
