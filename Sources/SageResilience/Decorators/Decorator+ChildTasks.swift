extension Decorator {
    /// A limit of time for everything further in.
    ///
    /// - Parameters:
    ///   - limit: The time that it may take, 1 ns or more.
    ///   - mode: What becomes of a body that exceeds the limit. Defaults to ``TimeLimiter/Mode/structured``.
    public static func timeout(
        _ limit: Duration, mode: TimeLimiter.Mode = .structured
    ) -> Decorator {
        Decorator(needsChildTask: true) { PipelineBuilder.buildExpression(try TimeLimiter(limit, mode: mode)) }
    }

    /// A second copy of the body when the first one is slow.
    ///
    /// - Parameter configuration: When copies are sent, and how many.
    public static func hedged(_ configuration: HedgeConfiguration) -> Decorator {
        Decorator(needsChildTask: true) { PipelineBuilder.buildExpression(configuration) }
    }

    /// A second copy of the body when the first one is slow.
    ///
    /// - Parameters:
    ///   - delay: How long a call may take before a copy is sent, 0 or more.
    ///   - maxHedges: The most copies of one call, the call itself not counted, 1 to 10. Defaults to 1.
    public static func hedged(after delay: Duration, maxHedges: Int = 1) throws(ConfigurationError) -> Decorator {
        hedged(try HedgeConfiguration(delay: .fixed(delay), maxHedges: maxHedges))
    }
}
