public import Configuration
public import SageResilience

extension ResilienceRegistry {
    /// The pipeline with a name, created from settings if there is none.
    ///
    /// ```swift
    /// let pipeline = try ResilienceRegistry.current.pipeline("openai", reading: config.scoped(to: "openai"))
    /// ```
    ///
    /// Its policies are those of the registry with the same name, so that a status page finds them; one that exists is
    /// taken as it is, whatever the settings say. They have the registry's clock and listener. The settings are those of
    /// `ResiliencePipeline`'s initialiser, and are not read when the pipeline exists.
    ///
    /// - Parameters:
    ///   - name: The name of the pipeline and of its policies; that of the limit of an attempt ends in `-attempt`.
    ///   - config: Where to read, scoped to the pipeline's settings.
    /// - Throws: `ConfigurationError` as the initialiser; `RegistryError` when there is no place for a policy.
    public func pipeline(_ name: String, reading config: ConfigReader) throws -> ResiliencePipeline {
        try pipelines.policy(named: name) {
            let settings = try SettingScope(config).pipeline(name, clock: clock, listener: listener)
            return try ResiliencePipeline(name, listener: listener) {
                if let policy = settings.fallback { try fallbacks.policy(named: name) { policy } }
                if let policy = settings.deadline { try timeLimiters.policy(named: name) { policy } }
                if let retry = settings.retry { try self.retry(name) { retry } }
                if let throttle = settings.clientThrottle { try clientThrottle(name) { throttle } }
                if let breaker = settings.breaker { try circuitBreaker(name) { breaker } }
                if let rate = settings.adaptiveRateLimiter { try adaptiveRateLimiter(name) { rate } }
                if let rate = settings.rateLimiter { try rateLimiter(name) { rate } }
                if let limiter = settings.adaptiveLimiter { try adaptiveLimiter(name) { limiter } }
                if let bulkhead = settings.bulkhead { try self.bulkhead(name) { bulkhead } }
                if let hedge = settings.hedge { try self.hedge(name) { hedge } }
                if let policy = settings.attemptTimeout { try timeLimiters.policy(named: policy.name) { policy } }
            }
        }
    }
}
