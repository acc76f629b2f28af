/// What the builders of pipelines have in common.
public protocol PipelineComposing {}

extension PipelineComposing {
    /// Adds a retry.
    ///
    /// One without a budget gets a budget of its own.
    public static func buildExpression(_ policy: RetryPolicy) -> PipelineComponent {
        PipelineComponent(policies: [.retry(policy.withDefaultBudget())])
    }

    /// Adds a retry of the pipeline's own.
    ///
    /// One without a budget gets a budget of its own.
    public static func buildExpression(_ configuration: RetryConfiguration) -> PipelineComponent {
        PipelineComponent {
            let policy = RetryPolicy(
                $0.name, configuration, clock: $0.clock, random: $0.random, listener: $0.listener)
            return .retry(policy.withDefaultBudget())
        }
    }

    /// Adds a circuit breaker.
    public static func buildExpression(_ policy: CircuitBreaker) -> PipelineComponent {
        PipelineComponent(policies: [.gate(policy)])
    }

    /// Adds a circuit breaker of the pipeline's own.
    public static func buildExpression(_ configuration: CircuitBreakerConfiguration) -> PipelineComponent {
        PipelineComponent {
            .gate(
                CircuitBreaker($0.name, configuration, clock: $0.clock, random: $0.random, listener: $0.listener))
        }
    }

    /// Adds a rate limiter, in whose queue calls wait.
    public static func buildExpression(_ policy: RateLimiter) -> PipelineComponent {
        PipelineComponent(policies: [.gate(policy)])
    }

    /// Adds a rate limiter of the pipeline's own, in whose queue calls wait.
    public static func buildExpression(_ configuration: RateLimiterConfiguration) -> PipelineComponent {
        PipelineComponent { .gate(RateLimiter($0.name, configuration, clock: $0.clock, listener: $0.listener)) }
    }

    /// Adds a bulkhead, in whose queue calls wait.
    public static func buildExpression(_ policy: Bulkhead) -> PipelineComponent {
        PipelineComponent(policies: [.gate(policy)])
    }

    /// Adds a bulkhead of the pipeline's own, in whose queue calls wait.
    public static func buildExpression(_ configuration: BulkheadConfiguration) -> PipelineComponent {
        PipelineComponent { .gate(Bulkhead($0.name, configuration, clock: $0.clock, listener: $0.listener)) }
    }

    /// Adds an adaptive limiter.
    public static func buildExpression(_ policy: AdaptiveLimiter) -> PipelineComponent {
        PipelineComponent(policies: [.gate(policy)])
    }

    /// Adds an adaptive limiter of the pipeline's own.
    public static func buildExpression(_ configuration: AdaptiveLimiterConfiguration) -> PipelineComponent {
        PipelineComponent { .gate(AdaptiveLimiter($0.name, configuration, clock: $0.clock, listener: $0.listener)) }
    }

    /// Adds a throttle.
    public static func buildExpression(_ policy: ClientThrottle) -> PipelineComponent {
        PipelineComponent(policies: [.gate(policy)])
    }

    /// Adds a throttle of the pipeline's own.
    public static func buildExpression(_ configuration: ClientThrottleConfiguration) -> PipelineComponent {
        PipelineComponent {
            .gate(
                ClientThrottle($0.name, configuration, clock: $0.clock, random: $0.random, listener: $0.listener))
        }
    }

    /// Adds an adaptive rate limiter, in whose queue calls wait.
    public static func buildExpression(_ policy: AdaptiveRateLimiter) -> PipelineComponent {
        PipelineComponent(policies: [.gate(policy)])
    }

    /// Adds an adaptive rate limiter of the pipeline's own, in whose queue calls wait.
    public static func buildExpression(_ configuration: AdaptiveRateLimiterConfiguration) -> PipelineComponent {
        PipelineComponent {
            .gate(AdaptiveRateLimiter($0.name, configuration, clock: $0.clock, listener: $0.listener))
        }
    }

    /// Adds the rule by which the pipeline's `fallback` closure is used; it is always outermost.
    ///
    /// Only `execute(_:fallback:)` looks at it: `execute(_:)` has no alternative and throws the error. Of several rules
    /// the first that handles an error speaks for it, so an error is handled when any of them handles it.
    public static func buildExpression(_ policy: Fallback) -> PipelineComponent {
        PipelineComponent { .fallback(policy.adopted(by: $0)) }
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
        PipelineComponent(joining: components)
    }
}
