/// A policy in a pipeline, or several.
public struct PipelineComponent: Sendable {
    enum Policy: Sendable {
        case gate(any PipelineGate)
        case retry(RetryPolicy)
        case timeLimiter(TimeLimiter)
        case hedge(Hedge)
        case fallback(Fallback)
    }

    private let make: @Sendable (PipelineEnvironment) -> [Policy]

    /// A policy that is made for the pipeline.
    init(_ make: @escaping @Sendable (PipelineEnvironment) -> Policy) {
        self.make = { [make($0)] }
    }

    /// Policies that exist already.
    init(policies: [Policy]) {
        make = { _ in policies }
    }

    /// All policies of several components, in their order.
    init(joining components: [PipelineComponent]) {
        make = { environment in components.flatMap { $0.make(environment) } }
    }

    /// The policies, outermost first; those that are made are new with every call.
    func policies(for pipeline: PipelineEnvironment) -> [Policy] { make(pipeline) }
}
