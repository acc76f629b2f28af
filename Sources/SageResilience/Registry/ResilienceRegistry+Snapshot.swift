extension ResilienceRegistry {
    /// The names and states of all policies, for a status page.
    public struct Snapshot: Sendable {
        /// The circuit breakers by name.
        public let circuitBreakers: [String: CircuitBreaker.Snapshot]
        /// The rate limiters by name.
        public let rateLimiters: [String: RateLimiter.Snapshot]
        /// The adaptive rate limiters by name.
        public let adaptiveRateLimiters: [String: AdaptiveRateLimiter.Snapshot]
        /// The bulkheads by name.
        public let bulkheads: [String: Bulkhead.Snapshot]
        /// The adaptive limiters by name.
        public let adaptiveLimiters: [String: AdaptiveLimiter.Snapshot]
        /// The client-side throttles by name.
        public let clientThrottles: [String: ClientThrottle.Snapshot]
        /// The time limits by name.
        public let timeLimiters: [String: TimeLimiter.Snapshot]
        /// The hedges by name.
        public let hedges: [String: Hedge.Snapshot]
        /// The names of the retries, sorted.
        public let retries: [String]
        /// The names of the fallbacks, sorted.
        public let fallbacks: [String]
        /// The names of the pipelines, sorted.
        public let pipelines: [String]
        /// The names of the pipelines that run everything in the caller's own task, sorted.
        public let inTaskPipelines: [String]
    }

    /// The names and states of all policies; looking at them does not count as a use.
    ///
    /// Each state is of one moment; those of different policies are of slightly different ones.
    public func snapshot() -> Snapshot {
        Snapshot(
            circuitBreakers: circuitBreakers.snapshots(), rateLimiters: rateLimiters.snapshots(),
            adaptiveRateLimiters: adaptiveRateLimiters.snapshots(), bulkheads: bulkheads.snapshots(),
            adaptiveLimiters: adaptiveLimiters.snapshots(), clientThrottles: clientThrottles.snapshots(),
            timeLimiters: timeLimiters.snapshots(), hedges: hedges.snapshots(), retries: retries.names,
            fallbacks: fallbacks.names, pipelines: pipelines.names, inTaskPipelines: inTaskPipelines.names)
    }
}

extension Registry where Policy == CircuitBreaker {
    /// The states of all circuit breakers by name; looking at them does not count as a use.
    public func snapshots() -> [String: CircuitBreaker.Snapshot] { all.mapValues { $0.snapshot() } }
}

extension Registry where Policy == RateLimiter {
    /// The states of all rate limiters by name; looking at them does not count as a use.
    public func snapshots() -> [String: RateLimiter.Snapshot] { all.mapValues { $0.snapshot() } }
}

extension Registry where Policy == AdaptiveRateLimiter {
    /// The states of all adaptive rate limiters by name; looking at them does not count as a use.
    public func snapshots() -> [String: AdaptiveRateLimiter.Snapshot] { all.mapValues { $0.snapshot() } }
}

extension Registry where Policy == Bulkhead {
    /// The states of all bulkheads by name; looking at them does not count as a use.
    public func snapshots() -> [String: Bulkhead.Snapshot] { all.mapValues { $0.snapshot() } }
}

extension Registry where Policy == AdaptiveLimiter {
    /// The states of all adaptive limiters by name; looking at them does not count as a use.
    public func snapshots() -> [String: AdaptiveLimiter.Snapshot] { all.mapValues { $0.snapshot() } }
}

extension Registry where Policy == ClientThrottle {
    /// The states of all client-side throttles by name; looking at them does not count as a use.
    public func snapshots() -> [String: ClientThrottle.Snapshot] { all.mapValues { $0.snapshot() } }
}

extension Registry where Policy == TimeLimiter {
    /// The states of all time limits by name; looking at them does not count as a use.
    public func snapshots() -> [String: TimeLimiter.Snapshot] { all.mapValues { $0.snapshot() } }
}

extension Registry where Policy == Hedge {
    /// The states of all hedges by name; looking at them does not count as a use.
    public func snapshots() -> [String: Hedge.Snapshot] { all.mapValues { $0.snapshot() } }
}
