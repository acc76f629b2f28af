extension ResiliencePipeline: Evictable {
    /// Whether all its policies can be forgotten.
    ///
    /// The pipeline may be the only one that holds them: with it an open circuit breaker would be forgotten.
    public var isEvictable: Bool { plan.policies.allSatisfy(\.isEvictable) }
}

extension InTaskResiliencePipeline: Evictable {
    /// Whether all its policies can be forgotten.
    ///
    /// The pipeline may be the only one that holds them: with it an open circuit breaker would be forgotten.
    public var isEvictable: Bool { plan.policies.allSatisfy(\.isEvictable) }
}

extension PipelineComponent.Policy {
    fileprivate var isEvictable: Bool {
        switch self {
        case .gate(let gate): (gate as? any Evictable)?.isEvictable ?? true
        case .retry(let retry): retry.isEvictable
        case .timeLimiter(let limiter): limiter.isEvictable
        case .hedge(let hedge): hedge.isEvictable
        case .fallback: true
        }
    }
}
