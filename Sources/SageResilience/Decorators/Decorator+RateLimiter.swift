extension Decorator {
    /// The rate limiter that is registered under a name.
    ///
    /// There is no rate that is right for every service: where nobody has registered or created the limiter the first
    /// call throws ``RegistryError``.
    ///
    /// - Parameter name: The name in ``ResilienceRegistry/rateLimiters``.
    public static func rateLimited(_ name: String) -> Decorator {
        Decorator(registered: name, in: \.rateLimiters) { PipelineBuilder.buildExpression($0) }
    }

    /// A rate limiter of the function's own.
    ///
    /// - Parameter configuration: How many calls it admits, and how long the others wait.
    public static func rateLimited(_ configuration: RateLimiterConfiguration) -> Decorator {
        rateLimited(nil, configuration)
    }

    /// The rate limiter of a name, or one of the function's own.
    ///
    /// - Parameters:
    ///   - name: The name in ``ResilienceRegistry/rateLimiters``; nil for a limiter of the function's own.
    ///   - configuration: How many calls it admits, and how long the others wait; of several functions that share a name,
    ///     that of the one that is called first.
    public static func rateLimited(_ name: String?, _ configuration: RateLimiterConfiguration) -> Decorator {
        Decorator(name, in: \.rateLimiters) {
            PipelineBuilder.buildExpression(configuration)
        } named: { registry, name in
            PipelineBuilder.buildExpression(try registry.rateLimiter(name) { configuration })
        }
    }

    /// The rate limiter of a name, or one of the function's own, with a sliding window.
    ///
    /// - Parameters:
    ///   - name: The name in ``ResilienceRegistry/rateLimiters``. Defaults to a limiter of the function's own.
    ///   - limit: Calls in a window, 1 or more.
    ///   - per: The length of the window, 1 ns or more.
    ///   - maxWait: The longest time a call waits, 0 or more. Defaults to 5 s.
    ///   - maxQueued: The most calls that wait at the same time, 0 or more. Defaults to 1,000.
    public static func rateLimited(
        _ name: String? = nil, limit: Int, per: Duration, maxWait: Duration = .seconds(5), maxQueued: Int = 1_000
    ) throws(ConfigurationError) -> Decorator {
        rateLimited(
            name,
            try RateLimiterConfiguration(
                .slidingWindow(limit: limit, per: per), maxWait: maxWait, maxQueued: maxQueued))
    }
}
