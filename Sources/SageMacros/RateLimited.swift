public import SageResilience

/// Limits how many calls there are in a time, by the limiter that is registered under a name.
///
/// - Parameter name: The name in `ResilienceRegistry.current`. Where there is none the call throws
///   `RegistryError`, which lists the names that exist.
@attached(body)
public macro RateLimited(_ name: String) = #externalMacro(module: "SageMacrosPlugin", type: "DecoratorMacro")

/// Limits how many calls there are in a time, by a configuration of the function's own.
///
/// - Parameter configuration: How many calls are admitted, and how long the others wait.
@attached(body)
public macro RateLimited(_ configuration: RateLimiterConfiguration) =
    #externalMacro(module: "SageMacrosPlugin", type: "DecoratorMacro")

/// Limits how many calls there are in a time, by a configuration, for example a preset.
///
/// - Parameters:
///   - name: The name of the limiter; functions that write the same name share it.
///   - configuration: How many calls are admitted, and how long the others wait. Of several functions with this name,
///     that of the one that is called first counts.
@attached(body)
public macro RateLimited(_ name: String?, _ configuration: RateLimiterConfiguration) =
    #externalMacro(module: "SageMacrosPlugin", type: "DecoratorMacro")

/// Limits how many calls there are in every window of time.
///
/// ```swift
/// @RateLimited("openai", limit: 60, per: .seconds(60))
/// func complete(_ prompt: String) async throws -> String { ... }
/// ```
///
/// - Parameters:
///   - name: The name of the limiter; functions that write the same name share it. Defaults to a limiter of the
///     function's own.
///   - limit: Calls in a window, 1 or more.
///   - per: The length of the window, 1 ns or more.
///   - maxWait: The longest time a call waits, 0 or more. Defaults to 5 s.
///   - maxQueued: The most calls that wait at the same time, 0 or more. Defaults to 1,000.
@attached(body)
public macro RateLimited(
    _ name: String? = nil, limit: Int, per: Duration, maxWait: Duration = .seconds(5), maxQueued: Int = 1_000
) = #externalMacro(module: "SageMacrosPlugin", type: "DecoratorMacro")
