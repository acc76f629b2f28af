public import SageResilience

/// Stops calling a service that fails.
///
/// ```swift
/// @CircuitBreaker("database")
/// func load(_ key: Key) async throws -> Row { ... }
/// ```
///
/// Functions that write the same name share the breaker, which is also the one that is registered under this name in
/// `ResilienceRegistry.current`; where there is none it is created with the default configuration.
///
/// - Parameter name: The name of the breaker; without one the function has a breaker of its own.
@attached(body)
public macro CircuitBreaker(_ name: String? = nil) =
    #externalMacro(module: "SageMacrosPlugin", type: "DecoratorMacro")

/// Stops calling a service that fails, by a configuration of the function's own.
///
/// - Parameter configuration: How the breaker judges and recovers.
@attached(body)
public macro CircuitBreaker(_ configuration: CircuitBreakerConfiguration) =
    #externalMacro(module: "SageMacrosPlugin", type: "DecoratorMacro")

/// Stops calling a service that fails, by a configuration, for example a preset.
///
/// ```swift
/// @CircuitBreaker("openai", .llm)
/// func complete(_ prompt: String) async throws -> String { ... }
/// ```
///
/// - Parameters:
///   - name: The name of the breaker; functions that write the same name share it.
///   - configuration: How the breaker judges and recovers. Of several functions with this name, that of the one that is
///     called first in a registry counts; other configurations are not used, without an error.
@attached(body)
public macro CircuitBreaker(_ name: String?, _ configuration: CircuitBreakerConfiguration) =
    #externalMacro(module: "SageMacrosPlugin", type: "DecoratorMacro")

/// Stops calling a service that fails, by the numbers that most circuit breakers are described with.
///
/// ```swift
/// @CircuitBreaker("database", failureThreshold: 3, recoveryTimeout: .seconds(60))
/// func save(_ turn: Turn) async throws { ... }
/// ```
///
/// Of several functions that write the same name with different numbers, those of the function that is called first in a
/// registry count, and the others are not used, without an error: write them once, or register the breaker before the
/// first call and write the name alone.
///
/// - Parameters:
///   - name: The name of the breaker; functions that write the same name share it. Defaults to a breaker of the
///     function's own.
///   - failureThreshold: Opens when this many calls in the window failed, 1 to `windowSize`.
///   - recoveryTimeout: How long the breaker stays open before it lets probes through. Defaults to 30 s.
///   - halfOpenMaxCalls: How many probes may be in flight while half-open, 1 or more. Defaults to 3.
///   - successRateThreshold: Opens when a smaller share of the calls succeeded, or exactly this one; 0 up to but not
///     including 1. Defaults to 0.5.
///   - windowSize: How many calls the window holds. Defaults to 10, or to `failureThreshold` when that is more.
///   - countedErrors: The types of the errors that count against the service; no other does then. Empty asks the
///     classifier.
///   - classifier: Decides which errors count. Defaults to the one that asks the error.
@attached(body)
public macro CircuitBreaker(
    _ name: String? = nil,
    failureThreshold: Int,
    recoveryTimeout: Duration = .seconds(30),
    halfOpenMaxCalls: Int = 3,
    successRateThreshold: Double = 0.5,
    windowSize: Int? = nil,
    countedErrors: [any Error.Type] = [],
    classifier: ErrorClassifier = .default
) = #externalMacro(module: "SageMacrosPlugin", type: "DecoratorMacro")
