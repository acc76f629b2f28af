/// Collects the policies of a ``ResiliencePipeline``, outermost first.
///
/// A configuration becomes a policy of the pipeline's own, with its name, clock and listener; a policy that exists
/// already is shared with whoever else uses it.
@resultBuilder
public enum PipelineBuilder: PipelineComposing {
    /// Adds a time limit for everything further in.
    public static func buildExpression(_ policy: TimeLimiter) -> PipelineComponent {
        PipelineComponent { .timeLimiter(policy.adopted(by: $0)) }
    }

    /// Adds a hedge for everything further in, which marks it as safe to send twice.
    public static func buildExpression(_ policy: Hedge) -> PipelineComponent {
        PipelineComponent(policies: [.hedge(policy)])
    }

    /// Adds a hedge of the pipeline's own for everything further in, which marks it as safe to send twice.
    public static func buildExpression(_ configuration: HedgeConfiguration) -> PipelineComponent {
        PipelineComponent { .hedge(Hedge($0.name, configuration, clock: $0.clock, listener: $0.listener)) }
    }

    /// Adds all policies of another pipeline; its name and its listener are left behind.
    public static func buildExpression(_ pipeline: ResiliencePipeline) -> PipelineComponent {
        PipelineComponent(policies: pipeline.plan.policies)
    }
}

/// Collects the policies of an ``InTaskResiliencePipeline``, outermost first.
///
/// A configuration becomes a policy of the pipeline's own, with its name, clock and listener; a policy that exists
/// already is shared with whoever else uses it.
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

    /// A hedge needs child tasks.
    @available(*, unavailable, message: "a hedge runs child tasks: use ResiliencePipeline")
    public static func buildExpression(_ configuration: HedgeConfiguration) -> PipelineComponent {
        PipelineComponent(policies: [])
    }
}
