/// The policies of a pipeline, sorted into what runs them.
struct PipelinePlan: Sendable {
    /// Policies that run in one task, and what wraps all that is further in; the last stage wraps nothing.
    struct Stage: Sendable {
        let rings: RingList
        let wrapper: Wrapper?
    }

    /// A policy that runs what is further in in child tasks.
    enum Wrapper: Sendable {
        case timeLimiter(TimeLimiter)
        case hedge(Hedge)
    }

    /// In the order they were written, outermost first.
    let policies: [PipelineComponent.Policy]
    let stages: [Stage]
    let fallback: Fallback
    /// Where hedges that have no budget of their own take from.
    let hedgeBudget: RetryBudget
    /// Whether the retry, from which the budget is then, counts the calls.
    let retryCountsCalls: Bool
    /// All gates, without anything that repeats or limits: for calls whose end is reported later.
    let gates: PipelineRing

    init(_ policies: [PipelineComponent.Policy]) {
        var stages: [Stage] = []
        var rings = RingList.Builder(isTimeLimited: false)
        var fallback: Fallback?
        var gates: [any PipelineGate] = []
        var budget: RetryBudget?
        for policy in policies {
            switch policy {
            case .gate(let gate):
                rings.append(gate)
                gates.append(gate)
            case .retry(let retry):
                rings.append(retry)
                budget = budget ?? retry.budget
            case .timeLimiter(let limiter):
                stages.append(Stage(rings: rings.finish(), wrapper: .timeLimiter(limiter)))
                rings = RingList.Builder(isTimeLimited: true)
            case .hedge(let hedge):
                stages.append(Stage(rings: rings.finish(), wrapper: .hedge(hedge)))
                rings = RingList.Builder(isTimeLimited: rings.isTimeLimited)
            case .fallback(let rule):
                fallback = fallback?.joined(with: rule) ?? rule
            }
        }
        stages.append(Stage(rings: rings.finish(), wrapper: nil))
        self.policies = policies
        self.stages = stages
        self.fallback = fallback ?? Fallback()
        self.hedgeBudget = budget ?? .makeDefault()
        self.retryCountsCalls = budget != nil
        self.gates = PipelineRing(outer: gates)
    }
}
