public import Configuration
public import SageResilience

extension StreamLimits {
    /// Reads limits of a stream: `firstToken`, `betweenTokens`, `total`; see <doc:Settings>.
    ///
    /// The keys are named after the tokens of a model's answer, as in the gateway's configuration file; any element of a
    /// stream counts as one.
    ///
    /// - Parameters:
    ///   - name: The name that errors and events carry.
    ///   - config: Where to read, scoped to the limits' settings.
    ///   - default: What holds for absent keys. Defaults to no limit.
    ///   - clock: The clock that measures. Defaults to `ContinuousClock`.
    ///   - listener: Receives the limits' events. Defaults to nobody.
    /// - Throws: `ConfigurationError` for a value of the wrong type or out of range, with its full key.
    public init(
        _ name: String, reading config: ConfigReader, default: StreamLimits? = nil,
        clock: any Clock<Duration> = ContinuousClock(), listener: (any ResilienceListener)? = nil
    ) throws(ConfigurationError) {
        self = try SettingScope(config).streamLimits(name, default: `default`, clock: clock, listener: listener)
    }
}

extension SettingScope {
    func streamLimits(
        _ name: String, default value: StreamLimits?, clock: any Clock<Duration>, listener: (any ResilienceListener)?
    ) throws(ConfigurationError) -> StreamLimits {
        let first = try durationOrOff("firstToken", default: value?.firstElement, "1ns or more")
        let between = try durationOrOff("betweenTokens", default: value?.betweenElements, "1ns or more")
        let total = try durationOrOff("total", default: value?.total, "1ns or more")
        let keys = ["firstElement": "firstToken", "betweenElements": "betweenTokens"]
        return try build(keys) { () throws(ConfigurationError) in
            try StreamLimits(
                name, firstElement: first, betweenElements: between, total: total, clock: clock, listener: listener)
        }
    }
}
