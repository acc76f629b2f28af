/// Collects the policies of a ``ResiliencePipeline``, outermost first.
@resultBuilder
public enum PipelineBuilder: PipelineComposing {
    /// Adds a time limit for everything further in.
    public static func buildExpression(_ policy: TimeLimiter) -> PipelineComponent {
        PipelineComponent(.timeLimiter(policy))
    }

    /// Adds a hedge for everything further in, which marks it as safe to send twice.
    public static func buildExpression(_ policy: Hedge) -> PipelineComponent {
        PipelineComponent(.hedge(policy))
    }

    /// Adds all policies of another pipeline; its name and its listener are left behind.
    public static func buildExpression(_ pipeline: ResiliencePipeline) -> PipelineComponent {
        PipelineComponent(policies: pipeline.plan.policies)
    }
}

/// Collects the policies of an ``InTaskResiliencePipeline``, outermost first.
@resultBuilder
public enum InTaskPipelineBuilder: PipelineComposing {
    /// A time limit needs a child task.
    @available(*, unavailable, message: "a time limit runs a child task: use ResiliencePipeline")
    public static func buildExpression(_ policy: TimeLimiter) -> PipelineComponent {
        PipelineComponent(policies: [])
    }

    /// A hedge needs child tasks.
    @available(*, unavailable, message: "a hedge runs child tasks: use ResiliencePipeline")
    public static func buildExpression(_ policy: Hedge) -> PipelineComponent {
        PipelineComponent(policies: [])
    }
}

/// A policy in a pipeline, or several.
public struct PipelineComponent: Sendable {
    enum Policy: Sendable {
        case gate(any PipelineGate)
        case retry(RetryPolicy)
        case timeLimiter(TimeLimiter)
        case hedge(Hedge)
        case fallback(Fallback)
    }

    let policies: [Policy]

    init(policies: [Policy]) {
        self.policies = policies
    }

    fileprivate init(_ policy: Policy) {
        self.policies = [policy]
    }
}

/// What the builders of pipelines have in common.
public protocol PipelineComposing {}

extension PipelineComposing {
    /// Adds a retry.
    ///
    /// One without a budget gets a budget of its own.
    public static func buildExpression(_ policy: RetryPolicy) -> PipelineComponent {
        PipelineComponent(.retry(policy.withDefaultBudget()))
    }

    /// Adds a circuit breaker.
    public static func buildExpression(_ policy: CircuitBreaker) -> PipelineComponent {
        PipelineComponent(.gate(policy))
    }

    /// Adds a rate limiter, in whose queue calls wait.
    public static func buildExpression(_ policy: RateLimiter) -> PipelineComponent {
        PipelineComponent(.gate(policy))
    }

    /// Adds a bulkhead, in whose queue calls wait.
    public static func buildExpression(_ policy: Bulkhead) -> PipelineComponent {
        PipelineComponent(.gate(policy))
    }

    /// Adds an adaptive limiter.
    public static func buildExpression(_ policy: AdaptiveLimiter) -> PipelineComponent {
        PipelineComponent(.gate(policy))
    }

    /// Adds a throttle.
    public static func buildExpression(_ policy: ClientThrottle) -> PipelineComponent {
        PipelineComponent(.gate(policy))
    }

    /// Adds an adaptive rate limiter, in whose queue calls wait.
    public static func buildExpression(_ policy: AdaptiveRateLimiter) -> PipelineComponent {
        PipelineComponent(.gate(policy))
    }

    /// Adds the rule by which the pipeline's `fallback` closure is used; it is always outermost.
    ///
    /// Only `execute(_:fallback:)` looks at it: `execute(_:)` has no alternative and throws the error. Of several rules
    /// the first that handles an error speaks for it, so an error is handled when any of them handles it.
    public static func buildExpression(_ policy: Fallback) -> PipelineComponent {
        PipelineComponent(.fallback(policy))
    }

    /// Adds all policies of another pipeline; its name and its listener are left behind.
    public static func buildExpression(_ pipeline: InTaskResiliencePipeline) -> PipelineComponent {
        PipelineComponent(policies: pipeline.plan.policies)
    }

    /// Joins the policies of a block.
    public static func buildBlock(_ components: PipelineComponent...) -> PipelineComponent {
        buildArray(components)
    }

    /// Supports `if` without `else`.
    public static func buildOptional(_ component: PipelineComponent?) -> PipelineComponent {
        component ?? PipelineComponent(policies: [])
    }

    /// Supports `if` and `switch`.
    public static func buildEither(first component: PipelineComponent) -> PipelineComponent { component }

    /// Supports `else` and `switch`.
    public static func buildEither(second component: PipelineComponent) -> PipelineComponent { component }

    /// Supports `for`.
    public static func buildArray(_ components: [PipelineComponent]) -> PipelineComponent {
        PipelineComponent(policies: components.flatMap(\.policies))
    }
}
