import SageResilience

extension ResilienceRegistry {
    /// The gauges of all policies, those that pipelines and decorated functions have made for themselves last.
    func policyReadings() -> [PolicyReadings] {
        let now = snapshot()
        var policies = now.circuitBreakers.map { PolicyReadings($0, $1) }
        policies += now.rateLimiters.map { PolicyReadings($0, $1) }
        policies += now.adaptiveRateLimiters.map { PolicyReadings($0, $1) }
        policies += now.bulkheads.map { PolicyReadings($0, $1) }
        policies += now.adaptiveLimiters.map { PolicyReadings($0, $1) }
        policies += now.clientThrottles.map { PolicyReadings($0, $1) }
        policies += now.timeLimiters.map { PolicyReadings($0, $1) }
        policies += now.hedges.map { PolicyReadings($0, $1) }
        policies += pipelines.all.values.flatMap { PolicyReadings.all($0.members) }
        policies += inTaskPipelines.all.values.flatMap { PolicyReadings.all($0.members) }
        policies += PolicyReadings.all(decoratedMembers)
        return policies
    }

    /// How many policies of each kind it holds.
    func countReadings() -> [Reading] {
        let counts: KeyValuePairs<PolicyKind, Int> = [
            .circuitBreaker: circuitBreakers.count, .rateLimiter: rateLimiters.count,
            .adaptiveRateLimiter: adaptiveRateLimiters.count, .bulkhead: bulkheads.count,
            .adaptiveLimiter: adaptiveLimiters.count, .clientThrottle: clientThrottles.count,
            .timeLimiter: timeLimiters.count, .hedge: hedges.count, .retry: retries.count,
            .fallback: fallbacks.count, .pipeline: pipelines.count + inTaskPipelines.count,
        ]
        return counts.map { Reading("sage_registry_policies", ["kind": $0.rawValue], Double($1)) }
    }
}

extension PolicyReadings {
    /// The gauges of a pipeline's policies; some kinds have none.
    static func all(_ members: [any Sendable]) -> [PolicyReadings] {
        members.compactMap { member in
            switch member {
            case let policy as CircuitBreaker: PolicyReadings(policy.name, policy.snapshot())
            case let policy as RateLimiter: PolicyReadings(policy.name, policy.snapshot())
            case let policy as AdaptiveRateLimiter: PolicyReadings(policy.name, policy.snapshot())
            case let policy as Bulkhead: PolicyReadings(policy.name, policy.snapshot())
            case let policy as AdaptiveLimiter: PolicyReadings(policy.name, policy.snapshot())
            case let policy as ClientThrottle: PolicyReadings(policy.name, policy.snapshot())
            case let policy as TimeLimiter: PolicyReadings(policy.name, policy.snapshot())
            case let policy as Hedge: PolicyReadings(policy.name, policy.snapshot())
            default: nil
            }
        }
    }
}
