public import SageResilience

// Policies are held weakly: who watches must not be what keeps a policy alive.
extension MetricsSampler {
    /// Reads a circuit breaker that is in no registry, for as long as it lives.
    public func watch(_ breaker: CircuitBreaker) {
        add { [weak breaker] in breaker.map { [PolicyReadings($0.name, $0.snapshot())] } }
    }

    /// Reads a rate limiter that is in no registry, for as long as it lives.
    public func watch(_ limiter: RateLimiter) {
        add { [weak limiter] in limiter.map { [PolicyReadings($0.name, $0.snapshot())] } }
    }

    /// Reads an adaptive rate limiter that is in no registry, for as long as it lives.
    public func watch(_ limiter: AdaptiveRateLimiter) {
        add { [weak limiter] in limiter.map { [PolicyReadings($0.name, $0.snapshot())] } }
    }

    /// Reads a bulkhead that is in no registry, for as long as it lives.
    public func watch(_ bulkhead: Bulkhead) {
        add { [weak bulkhead] in bulkhead.map { [PolicyReadings($0.name, $0.snapshot())] } }
    }

    /// Reads an adaptive limiter that is in no registry, for as long as it lives.
    public func watch(_ limiter: AdaptiveLimiter) {
        add { [weak limiter] in limiter.map { [PolicyReadings($0.name, $0.snapshot())] } }
    }

    /// Reads a client-side throttle that is in no registry, for as long as it lives.
    public func watch(_ throttle: ClientThrottle) {
        add { [weak throttle] in throttle.map { [PolicyReadings($0.name, $0.snapshot())] } }
    }

    /// Reads a hedge that is in no registry, for as long as it lives.
    public func watch(_ hedge: Hedge) {
        add { [weak hedge] in hedge.map { [PolicyReadings($0.name, $0.snapshot())] } }
    }

    /// Reads the policies of a pipeline, for as long as the pipeline lives.
    ///
    /// Those of pipelines in the registry are read without that.
    public func watch(_ pipeline: ResiliencePipeline) {
        add { [weak pipeline] in pipeline.map { PolicyReadings.all($0.members) } }
    }

    /// Reads the policies of a pipeline, for as long as the pipeline lives.
    ///
    /// Those of pipelines in the registry are read without that.
    public func watch(_ pipeline: InTaskResiliencePipeline) {
        add { [weak pipeline] in pipeline.map { PolicyReadings.all($0.members) } }
    }

    /// Reads a supervisor, and those that run as its children, for as long as it lives.
    public func watch(_ supervisor: Supervisor) {
        add { [weak supervisor] in supervisor.map { PolicyReadings.all($0.snapshot()) } }
    }

    /// Reads a time limit that is in no registry, for as long as the sampler lives: a time limit is a value.
    public func watch(_ limiter: TimeLimiter) {
        add { [PolicyReadings(limiter.name, limiter.snapshot())] }
    }
}
