extension ResilienceRegistry {
    /// The names and states of all policies, for a status page.
    public struct Snapshot: Sendable {
        /// The circuit breakers by name.
        public let circuitBreakers: [String: CircuitBreaker.Snapshot]
        /// The rate limiters by name.
        public let rateLimiters: [String: RateLimiter.Snapshot]
        /// The names of the retries, sorted.
        public let retries: [String]
        /// The names of the pipelines, sorted.
        public let pipelines: [String]
    }

    /// The names and states of all policies; looking at them does not count as a use.
    ///
    /// Each state is of one moment; those of different policies are of slightly different ones.
    public func snapshot() -> Snapshot {
        Snapshot(
            circuitBreakers: circuitBreakers.snapshots(), rateLimiters: rateLimiters.snapshots(),
            retries: retries.names, pipelines: pipelines.names)
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
