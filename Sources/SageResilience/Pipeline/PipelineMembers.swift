extension ResiliencePipeline {
    /// The policies themselves, outermost first, for those that look at their states.
    package var members: [any Sendable] { plan.policies.map(\.member) }
}

extension InTaskResiliencePipeline {
    /// The policies themselves, outermost first, for those that look at their states.
    package var members: [any Sendable] { plan.policies.map(\.member) }
}

extension PipelineComponent.Policy {
    fileprivate var member: any Sendable {
        switch self {
        case .gate(let gate): gate
        case .retry(let retry): retry
        case .timeLimiter(let limiter): limiter
        case .hedge(let hedge): hedge
        case .fallback(let fallback): fallback
        }
    }
}
