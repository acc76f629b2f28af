public import Configuration
public import SageResilience

extension ResiliencePipeline {
    /// Creates a pipeline of the policies that have settings, in the order that is right for most calls.
    ///
    /// ```swift
    /// let pipeline = try ResiliencePipeline("openai", reading: config.scoped(to: "openai"))
    /// ```
    ///
    /// A policy is part of the pipeline when any of its settings is there: `deadline` and `attemptTimeout`, and what is
    /// below `fallback`, `retry`, `clientThrottle`, `breaker`, `adaptiveRateLimiter`, `rateLimiter`, `adaptiveLimiter`,
    /// `bulkhead` and `hedge`; this is also their order, with `attemptTimeout` innermost. `enabled` of a section switches
    /// it on with its defaults, or off. `preset` chooses the defaults; retry and hedge share the `budget`. See
    /// <doc:Settings>.
    ///
    /// - Parameters:
    ///   - name: The name of the pipeline and of its policies; that of the limit of an attempt ends in `-attempt`.
    ///   - config: Where to read, scoped to the pipeline's settings.
    ///   - clock: The clock of its policies. Defaults to `ContinuousClock`.
    ///   - random: Where their jitter comes from. Defaults to the system's generator.
    ///   - listener: Receives their events and the pipeline's. Defaults to nobody.
    /// - Throws: `ConfigurationError` for a value of the wrong type or out of range, with its full key; also when
    ///   no policy has a setting, which is more often a wrong scope than a wish: a `preset` alone adds none.
    public convenience init(
        _ name: String, reading config: ConfigReader, clock: any Clock<Duration> = ContinuousClock(),
        random: RandomSource = .system, listener: (any ResilienceListener)? = nil
    ) throws(ConfigurationError) {
        let settings = try SettingScope(config).pipeline(name, clock: clock, listener: listener)
        // The configurations become policies with the pipeline's name, clock, generator and listener.
        self.init(name, clock: clock, random: random, listener: listener) {
            if let fallback = settings.fallback { fallback }
            if let deadline = settings.deadline { deadline }
            if let retry = settings.retry { retry }
            if let throttle = settings.clientThrottle { throttle }
            if let breaker = settings.breaker { breaker }
            if let rate = settings.adaptiveRateLimiter { rate }
            if let rate = settings.rateLimiter { rate }
            if let limiter = settings.adaptiveLimiter { limiter }
            if let bulkhead = settings.bulkhead { bulkhead }
            if let hedge = settings.hedge { hedge }
            if let attempt = settings.attemptTimeout { attempt }
        }
    }
}
