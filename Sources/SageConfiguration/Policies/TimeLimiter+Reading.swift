public import Configuration
public import SageResilience

extension TimeLimiter {
    /// Reads a time limiter: `limit`, `mode`, `maxRunning`; see <doc:Settings>.
    ///
    /// - Parameters:
    ///   - name: The name that errors and events carry.
    ///   - config: Where to read, scoped to the limiter's settings.
    ///   - default: The limit where the key is absent, more than 0. Defaults to nothing: `limit` must be there.
    ///   - clock: The clock that measures. Defaults to `ContinuousClock`.
    ///   - listener: Receives the limiter's events. Defaults to nobody.
    /// - Throws: `ConfigurationError` for a value of the wrong type or out of range, with its full key.
    public init(
        _ name: String, reading config: ConfigReader, default: Duration? = nil,
        clock: any Clock<Duration> = ContinuousClock(), listener: (any ResilienceListener)? = nil
    ) throws(ConfigurationError) {
        self = try SettingScope(config).timeLimiter(name, default: `default`, clock: clock, listener: listener)
    }
}

extension SettingScope {
    private enum ModeWord: String, CaseIterable {
        case structured, abandoning
    }

    func timeLimiter(
        _ name: String, default value: Duration?, clock: any Clock<Duration>, listener: (any ResilienceListener)?
    ) throws(ConfigurationError) -> TimeLimiter {
        let limit = try duration("limit", default: value, "1ns or more") ?? value
        let mode: ModeWord = try word("mode", default: .structured)
        let maxRunning = try integer("maxRunning", default: 100, "1 or more")
        guard let limit else { throw refusal("limit", allowed: "a duration such as 30s, 1ns or more") }
        return try build { () throws(ConfigurationError) in
            try TimeLimiter(
                name, limit, mode: mode == .abandoning ? .abandoning(maxRunning: maxRunning) : .structured,
                clock: clock, listener: listener)
        }
    }
}
