extension Decorator {
    /// The circuit breaker of a name, or one of the function's own; created with the default configuration.
    ///
    /// - Parameter name: The name in ``ResilienceRegistry/circuitBreakers``; nil for a breaker of the function's own.
    public static func circuitBreaker(_ name: String? = nil) -> Decorator {
        circuitBreaker(name, .default)
    }

    /// A circuit breaker of the function's own.
    ///
    /// - Parameter configuration: How it judges and recovers.
    public static func circuitBreaker(_ configuration: CircuitBreakerConfiguration) -> Decorator {
        circuitBreaker(nil, configuration)
    }

    /// The circuit breaker of a name, or one of the function's own.
    ///
    /// - Parameters:
    ///   - name: The name in ``ResilienceRegistry/circuitBreakers``; nil for a breaker of the function's own.
    ///   - configuration: How it judges and recovers; of several functions that share a name, that of the one that is
    ///     called first.
    public static func circuitBreaker(
        _ name: String?, _ configuration: CircuitBreakerConfiguration
    ) -> Decorator {
        Decorator(name, in: \.circuitBreakers) {
            PipelineBuilder.buildExpression(configuration)
        } named: { registry, name in
            PipelineBuilder.buildExpression(try registry.circuitBreaker(name) { configuration })
        }
    }

    /// The circuit breaker of a name, or one of the function's own, by the numbers that most breakers are described with.
    ///
    /// - Parameters:
    ///   - name: The name in ``ResilienceRegistry/circuitBreakers``. Defaults to a breaker of the function's own.
    ///   - failureThreshold: Opens when this many calls in the window failed, 1 to `windowSize`.
    ///   - recoveryTimeout: How long the breaker stays open before it lets probes through. Defaults to 30 s.
    ///   - halfOpenMaxCalls: How many probes may be in flight while half-open, 1 or more. Defaults to 3.
    ///   - successRateThreshold: Opens when a smaller share of the calls succeeded, or exactly this one; 0 up to but not
    ///     including 1. Defaults to 0.5.
    ///   - windowSize: How many calls the window holds. Defaults to 10, or to `failureThreshold` when that is more.
    ///   - countedErrors: The types of the errors that count against the service; no other does then. Empty asks the
    ///     classifier.
    ///   - classifier: Decides which errors count. Defaults to ``ErrorClassifier/default``.
    public static func circuitBreaker(
        _ name: String? = nil,
        failureThreshold: Int,
        recoveryTimeout: Duration = .seconds(30),
        halfOpenMaxCalls: Int = 3,
        successRateThreshold: Double = 0.5,
        windowSize: Int? = nil,
        countedErrors: [any Error.Type] = [],
        classifier: ErrorClassifier = .default
    ) throws(ConfigurationError) -> Decorator {
        var configuration = try CircuitBreakerConfiguration(
            failureThreshold: failureThreshold, recoveryTimeout: recoveryTimeout, halfOpenMaxCalls: halfOpenMaxCalls,
            successRateThreshold: successRateThreshold, windowSize: windowSize ?? max(10, failureThreshold))
        configuration.classifier = classifier.counting(only: countedErrors)
        return circuitBreaker(name, configuration)
    }
}
