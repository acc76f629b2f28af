extension Decorator {
    /// The bulkhead that is registered under a name.
    ///
    /// There is no limit that is right for every service: where nobody has registered or created the bulkhead the first
    /// call throws ``RegistryError``.
    ///
    /// - Parameter name: The name in ``ResilienceRegistry/bulkheads``.
    public static func bulkhead(_ name: String) -> Decorator {
        Decorator(registered: name, in: \.bulkheads) { PipelineBuilder.buildExpression($0) }
    }

    /// A bulkhead of the function's own.
    ///
    /// - Parameter configuration: How many calls may be in flight, and how the others wait.
    public static func bulkhead(_ configuration: BulkheadConfiguration) -> Decorator {
        bulkhead(nil, configuration)
    }

    /// The bulkhead of a name, or one of the function's own.
    ///
    /// - Parameters:
    ///   - name: The name in ``ResilienceRegistry/bulkheads``; nil for a bulkhead of the function's own.
    ///   - configuration: How many calls may be in flight, and how the others wait; of several functions that share a
    ///     name, that of the one that is called first.
    public static func bulkhead(_ name: String?, _ configuration: BulkheadConfiguration) -> Decorator {
        Decorator(name, in: \.bulkheads) {
            PipelineBuilder.buildExpression(configuration)
        } named: { registry, name in
            PipelineBuilder.buildExpression(try registry.bulkhead(name) { configuration })
        }
    }

    /// The bulkhead of a name, or one of the function's own.
    ///
    /// - Parameters:
    ///   - name: The name in ``ResilienceRegistry/bulkheads``. Defaults to a bulkhead of the function's own.
    ///   - limit: The most calls in flight at the same time, 1 to 1,000,000.
    ///   - maxQueued: The most calls that wait at the same time, 0 or more. Defaults to 1,000.
    ///   - maxWait: The longest time a call waits, 0 or more; zero refuses at once. Defaults to 5 s.
    public static func bulkhead(
        _ name: String? = nil, limit: Int, maxQueued: Int = 1_000, maxWait: Duration = .seconds(5)
    ) throws(ConfigurationError) -> Decorator {
        bulkhead(name, try BulkheadConfiguration(limit: limit, maxQueued: maxQueued, maxWait: maxWait))
    }

    /// The adaptive limiter of a name, or one of the function's own; created with the default configuration.
    ///
    /// - Parameter name: The name in ``ResilienceRegistry/adaptiveLimiters``. Defaults to a limiter of the function's own.
    public static func adaptiveLimited(_ name: String? = nil) -> Decorator {
        adaptiveLimited(name, .default)
    }

    /// An adaptive limiter of the function's own.
    ///
    /// - Parameter configuration: How it finds its limit.
    public static func adaptiveLimited(_ configuration: AdaptiveLimiterConfiguration) -> Decorator {
        adaptiveLimited(nil, configuration)
    }

    /// The adaptive limiter of a name, or one of the function's own.
    ///
    /// - Parameters:
    ///   - name: The name in ``ResilienceRegistry/adaptiveLimiters``; nil for a limiter of the function's own.
    ///   - configuration: How it finds its limit; of several functions that share a name, that of the one that is called
    ///     first.
    public static func adaptiveLimited(
        _ name: String?, _ configuration: AdaptiveLimiterConfiguration
    ) -> Decorator {
        Decorator(name, in: \.adaptiveLimiters) {
            PipelineBuilder.buildExpression(configuration)
        } named: { registry, name in
            PipelineBuilder.buildExpression(try registry.adaptiveLimiter(name) { configuration })
        }
    }

    /// The client-side throttle of a name, or one of the function's own.
    ///
    /// - Parameters:
    ///   - name: The name in ``ResilienceRegistry/clientThrottles``. Defaults to a throttle of the function's own.
    ///   - configuration: How much it refuses; of several functions that share a name, that of the one that is called
    ///     first. Defaults to ``ClientThrottleConfiguration/default``.
    public static func throttled(
        _ name: String? = nil, _ configuration: ClientThrottleConfiguration = .default
    ) -> Decorator {
        Decorator(name, in: \.clientThrottles) {
            PipelineBuilder.buildExpression(configuration)
        } named: { registry, name in
            PipelineBuilder.buildExpression(try registry.clientThrottle(name) { configuration })
        }
    }

    /// A client-side throttle of the function's own.
    ///
    /// - Parameter configuration: How much it refuses.
    public static func throttled(_ configuration: ClientThrottleConfiguration) -> Decorator {
        throttled(nil, configuration)
    }
}
