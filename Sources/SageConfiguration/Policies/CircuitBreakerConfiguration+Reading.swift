public import Configuration
public import SageResilience

extension CircuitBreakerConfiguration {
    /// Reads a configuration: `window`, `failureRate`, `recoveryTimeout` and more; see <doc:Settings>.
    ///
    /// ```swift
    /// let breaker = CircuitBreaker(
    ///     "openai", try CircuitBreakerConfiguration(reading: config.scoped(to: "breaker"), default: .llm))
    /// ```
    ///
    /// - Parameters:
    ///   - config: Where to read, scoped to the breaker's settings.
    ///   - default: What holds for absent keys. Defaults to `CircuitBreakerConfiguration.default`.
    /// - Throws: `ConfigurationError` for a value of the wrong type or out of range, with its full key.
    public init(
        reading config: ConfigReader, default: CircuitBreakerConfiguration = .default
    ) throws(ConfigurationError) {
        self = try SettingScope(config).breaker(default: `default`)
    }
}

extension SettingScope {
    func breaker(
        default value: CircuitBreakerConfiguration
    ) throws(ConfigurationError) -> CircuitBreakerConfiguration {
        let window = try breakerWindow(default: value.window)
        let minimumCalls = try integer("minimumCalls", default: value.minimumCalls, "1 or more")
        let failureRate = try numberOrOff("failureRate", default: value.failureRate, "above 0, up to 1")
        let failureCount = try integerOrOff("failureCount", default: value.failureCount, "1 up to the window's calls")
        let consecutive = try integerOrOff("consecutiveFailures", default: value.consecutiveFailures, "1 or more")
        let slowCall = try durationOrOff("slowCall", default: value.slowCallDuration, "0 or more")
        let slowRate = try number("slowRate", default: value.slowCallRate, "above 0, up to 1")
        let recoveryTimeout = try duration("recoveryTimeout", default: value.recoveryTimeout, "1ns or more")
        let recoveryJitter = try number("recoveryJitter", default: value.recoveryJitter, "0 to 1")
        let recoveryMultiplier = try number("recoveryMultiplier", default: value.recoveryMultiplier, "1 or more")
        let maxRecoveryTimeout = try duration("maxRecoveryTimeout", default: value.maxRecoveryTimeout, "1ns or more")
        let stableAfter = try duration("stableAfter", default: value.stableAfter, "0 or more")
        let maxCalls = try integer("halfOpenMaxCalls", default: value.halfOpenMaxCalls, "1 to 1000000")
        // What follows from another field in the default follows from what was read for that field, too.
        let allProbes = value.successesToClose == value.halfOpenMaxCalls
        let successes = try integer(
            "successesToClose", default: allProbes ? maxCalls : value.successesToClose, "1 to 1000000")
        let halfOpenFailureRate = try numberOrOff(
            "halfOpenFailureRate", default: value.halfOpenFailureRate, "above 0, up to 1")
        let usualWait = value.halfOpenMaxWait == max(value.recoveryTimeout, .seconds(60))
        let maxWait = try duration(
            "halfOpenMaxWait", default: usualWait ? max(recoveryTimeout, .seconds(60)) : value.halfOpenMaxWait,
            "1ns or more")
        let maxQueued = try integer("halfOpenMaxQueued", default: value.halfOpenMaxQueued, "0 to 1000000")
        let ramp = try scoped("ramp").ramp(default: value.ramp)
        let adaptive = try scoped("adaptiveThreshold").adaptiveThreshold(default: value.adaptiveThreshold)
        let tolerance = try duration("rateLimitTolerance", default: value.rateLimitTolerance, "0 or more")
        let maxServerHint = try maxServerHint(default: value.maxServerHint)
        let classifier = try classifier(default: value.classifier)
        return try build(Self.breakerKeys) { () throws(ConfigurationError) in
            try CircuitBreakerConfiguration(
                window: window, minimumCalls: minimumCalls, failureRate: failureRate, failureCount: failureCount,
                consecutiveFailures: consecutive, slowCallDuration: slowCall, slowCallRate: slowRate,
                recoveryTimeout: recoveryTimeout, recoveryJitter: recoveryJitter,
                recoveryMultiplier: recoveryMultiplier, maxRecoveryTimeout: maxRecoveryTimeout,
                stableAfter: stableAfter, halfOpenMaxCalls: maxCalls, successesToClose: successes,
                halfOpenFailureRate: halfOpenFailureRate, halfOpenMaxWait: maxWait, halfOpenMaxQueued: maxQueued,
                ramp: ramp, adaptiveThreshold: adaptive, rateLimitTolerance: tolerance, maxServerHint: maxServerHint,
                classifier: classifier)
        }
    }

    private static let breakerKeys = [
        "slowCallDuration": "slowCall", "slowCallRate": "slowRate", "window.buckets": "windowBuckets",
    ]

    private func breakerWindow(
        default value: CircuitBreakerConfiguration.Window
    ) throws(ConfigurationError) -> CircuitBreakerConfiguration.Window {
        var buckets = 10
        if case .time(_, let number) = value { buckets = number }
        let window = try read(
            "window", type: "number of calls such as 10 calls, or duration such as 30s", default: Self.text(value),
            allowed: "1 to 1000000 calls, or 1ns or more"
        ) {
            Self.window(try $0.requiredString(forKey: $1))
        }
        buckets = try integer("windowBuckets", default: buckets, "1 to 1000")
        return switch window ?? value {
        case .time(let duration, _): .time(duration, buckets: buckets)
        case let calls: calls
        }
    }

    private static func window(_ text: String) -> CircuitBreakerConfiguration.Window? {
        let parts = text.split(separator: " ")
        if parts.count == 2, parts[1] == "calls" || parts[1] == "call" { return Int(parts[0]).map { .calls($0) } }
        return DurationText.parse(text).map { .time($0) }
    }

    private static func text(_ window: CircuitBreakerConfiguration.Window) -> String {
        switch window {
        case .calls(let count): count == 1 ? "1 call" : "\(count) calls"
        case .time(let duration, _): DurationText.render(duration)
        @unknown default: "as in code"
        }
    }

    private func ramp(
        default value: CircuitBreakerConfiguration.Ramp?
    ) throws(ConfigurationError) -> CircuitBreakerConfiguration.Ramp? {
        let isEnabled = try flag("enabled", default: value == nil ? "true with any other key" : "true")
        let duration = try duration("duration", default: value?.duration, "1ns or more")
        let share = try number("initialShare", default: value?.initialShare ?? 0.1, "above 0, up to 1")
        guard isEnabled ?? (value != nil || hasAny) else { return nil }
        guard let duration = duration ?? value?.duration else {
            throw refusal("duration", allowed: "a duration such as 30s, 1ns or more")
        }
        return CircuitBreakerConfiguration.Ramp(over: duration, from: share)
    }

    private func adaptiveThreshold(
        default value: CircuitBreakerConfiguration.AdaptiveThreshold?
    ) throws(ConfigurationError) -> CircuitBreakerConfiguration.AdaptiveThreshold? {
        let usual = value ?? CircuitBreakerConfiguration.AdaptiveThreshold()
        let isEnabled = try flag("enabled", default: value == nil ? "true with any other key" : "true")
        let memory = try integer("memory", default: usual.memory, "1 to 1000000")
        let deviations = try number("deviations", default: usual.deviations, "1 to 100")
        let floor = try number("floor", default: usual.floor, "above 0, up to failureRate")
        guard isEnabled ?? (value != nil || hasAny) else { return nil }
        return CircuitBreakerConfiguration.AdaptiveThreshold(memory: memory, deviations: deviations, floor: floor)
    }
}
