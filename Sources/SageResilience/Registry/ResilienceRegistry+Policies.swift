extension ResilienceRegistry {
    /// The circuit breaker with a name, created if there is none.
    ///
    /// - Parameters:
    ///   - name: The name, also for events.
    ///   - configuration: Makes the configuration of a breaker that is created; not called otherwise.
    /// - Throws: ``RegistryError`` when there is no place for it; the error of `configuration`.
    public func circuitBreaker(
        _ name: String, _ configuration: () throws -> CircuitBreakerConfiguration = { .default }
    ) throws -> CircuitBreaker {
        try circuitBreakers.policy(named: name) {
            CircuitBreaker(name, try configuration(), clock: clock, random: random, listener: listener)
        }
    }

    /// The retry with a name, created if there is none; who shares it shares its budget.
    ///
    /// - Parameters:
    ///   - name: The name, also for events.
    ///   - configuration: Makes the configuration of a retry that is created; not called otherwise.
    /// - Throws: ``RegistryError`` when there is no place for it; the error of `configuration`.
    public func retry(_ name: String, _ configuration: () throws -> RetryConfiguration) throws -> RetryPolicy {
        try retries.policy(named: name) {
            RetryPolicy(name, try configuration(), clock: clock, random: random, listener: listener)
        }
    }

    /// The rate limiter with a name, created if there is none.
    ///
    /// - Parameters:
    ///   - name: The name, also for events.
    ///   - configuration: Makes the configuration of a limiter that is created; not called otherwise.
    /// - Throws: ``RegistryError`` when there is no place for it; the error of `configuration`.
    public func rateLimiter(
        _ name: String, _ configuration: () throws -> RateLimiterConfiguration
    ) throws -> RateLimiter {
        try rateLimiters.policy(named: name) {
            RateLimiter(name, try configuration(), clock: clock, listener: listener)
        }
    }

    /// The adaptive rate limiter with a name, created if there is none.
    ///
    /// - Parameters:
    ///   - name: The name, also for events.
    ///   - configuration: Makes the configuration of a limiter that is created; not called otherwise.
    /// - Throws: ``RegistryError`` when there is no place for it; the error of `configuration`.
    public func adaptiveRateLimiter(
        _ name: String, _ configuration: () throws -> AdaptiveRateLimiterConfiguration = { .default }
    ) throws -> AdaptiveRateLimiter {
        try adaptiveRateLimiters.policy(named: name) {
            AdaptiveRateLimiter(name, try configuration(), clock: clock, listener: listener)
        }
    }

    /// The bulkhead with a name, created if there is none.
    ///
    /// - Parameters:
    ///   - name: The name, also for events.
    ///   - configuration: Makes the configuration of a bulkhead that is created; not called otherwise.
    /// - Throws: ``RegistryError`` when there is no place for it; the error of `configuration`.
    public func bulkhead(_ name: String, _ configuration: () throws -> BulkheadConfiguration) throws -> Bulkhead {
        try bulkheads.policy(named: name) {
            Bulkhead(name, try configuration(), clock: clock, listener: listener)
        }
    }

    /// The adaptive limiter with a name, created if there is none.
    ///
    /// - Parameters:
    ///   - name: The name, also for events.
    ///   - configuration: Makes the configuration of a limiter that is created; not called otherwise.
    /// - Throws: ``RegistryError`` when there is no place for it; the error of `configuration`.
    public func adaptiveLimiter(
        _ name: String, _ configuration: () throws -> AdaptiveLimiterConfiguration = { .default }
    ) throws -> AdaptiveLimiter {
        try adaptiveLimiters.policy(named: name) {
            AdaptiveLimiter(name, try configuration(), clock: clock, listener: listener)
        }
    }

    /// The client-side throttle with a name, created if there is none.
    ///
    /// - Parameters:
    ///   - name: The name, also for events.
    ///   - configuration: Makes the configuration of a throttle that is created; not called otherwise.
    /// - Throws: ``RegistryError`` when there is no place for it; the error of `configuration`.
    public func clientThrottle(
        _ name: String, _ configuration: () throws -> ClientThrottleConfiguration = { .default }
    ) throws -> ClientThrottle {
        try clientThrottles.policy(named: name) {
            ClientThrottle(name, try configuration(), clock: clock, random: random, listener: listener)
        }
    }

    /// The hedge with a name, created if there is none.
    ///
    /// - Parameters:
    ///   - name: The name, also for events.
    ///   - configuration: Makes the configuration of a hedge that is created; not called otherwise.
    /// - Throws: ``RegistryError`` when there is no place for it; the error of `configuration`.
    public func hedge(_ name: String, _ configuration: () throws -> HedgeConfiguration) throws -> Hedge {
        try hedges.policy(named: name) {
            Hedge(name, try configuration(), clock: clock, listener: listener)
        }
    }

    /// The time limit with a name, created if there is none.
    ///
    /// - Parameters:
    ///   - name: The name, also for events and errors.
    ///   - mode: What becomes of an operation that exceeds a limit that is created. Defaults to
    ///     ``TimeLimiter/Mode/structured``.
    ///   - limit: Makes the time that an operation may take, more than 0, for a limit that is created; not called
    ///     otherwise.
    /// - Throws: ``RegistryError`` when there is no place for it; ``ConfigurationError`` for a limit out of range; the
    ///   error of `limit`.
    public func timeLimiter(
        _ name: String, mode: TimeLimiter.Mode = .structured, _ limit: () throws -> Duration
    ) throws -> TimeLimiter {
        try timeLimiters.policy(named: name) {
            try TimeLimiter(name, try limit(), mode: mode, clock: clock, listener: listener)
        }
    }

    /// The fallback with a name, created if there is none; one that decides otherwise than by kinds can be registered.
    ///
    /// - Parameters:
    ///   - name: The name, also for events.
    ///   - kinds: Makes the kinds of errors that lead to an alternative, for a fallback that is created; not called
    ///     otherwise. Defaults to ``Fallback/Kind/general``.
    /// - Throws: ``RegistryError`` when there is no place for it; the error of `kinds`.
    public func fallback(
        _ name: String, _ kinds: () throws -> Set<Fallback.Kind> = { [.general] }
    ) throws -> Fallback {
        try fallbacks.policy(named: name) { Fallback(name, for: try kinds(), listener: listener) }
    }

    /// The pipeline with a name, created if there is none.
    ///
    /// - Parameters:
    ///   - name: The name, also for the event about a wrong order.
    ///   - policies: The policies of a pipeline that is created, outermost first; not called otherwise.
    /// - Throws: ``RegistryError`` when there is no place for it; the error of `policies`.
    public func pipeline(
        _ name: String, @PipelineBuilder _ policies: () throws -> PipelineComponent
    ) throws -> ResiliencePipeline {
        try pipelines.policy(named: name) {
            try ResiliencePipeline(name, clock: clock, random: random, listener: listener, policies)
        }
    }

    /// The pipeline that runs everything in the caller's own task with a name, created if there is none.
    ///
    /// - Parameters:
    ///   - name: The name, also for the event about a wrong order.
    ///   - policies: The policies of a pipeline that is created, outermost first; not called otherwise.
    /// - Throws: ``RegistryError`` when there is no place for it; the error of `policies`.
    public func inTaskPipeline(
        _ name: String, @InTaskPipelineBuilder _ policies: () throws -> PipelineComponent
    ) throws -> InTaskResiliencePipeline {
        try inTaskPipelines.policy(named: name) {
            try InTaskResiliencePipeline(name, clock: clock, random: random, listener: listener, policies)
        }
    }
}
