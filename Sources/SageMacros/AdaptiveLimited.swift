public import SageResilience

/// Limits how many calls are in flight, and finds the limit by itself.
///
/// - Parameter name: The name of the limiter, created with the default configuration where there is none; functions that
///   write the same name share it. Defaults to a limiter of the function's own.
@attached(body)
public macro AdaptiveLimited(_ name: String? = nil) =
    #externalMacro(module: "SageMacrosPlugin", type: "DecoratorMacro")

/// Limits how many calls are in flight, and finds the limit by itself, by a configuration.
///
/// - Parameters:
///   - name: The name of the limiter; functions that write the same name share it.
///   - configuration: How it finds its limit. Of several functions with this name, that of the one that is called first
///     counts.
@attached(body)
public macro AdaptiveLimited(_ name: String?, _ configuration: AdaptiveLimiterConfiguration) =
    #externalMacro(module: "SageMacrosPlugin", type: "DecoratorMacro")

/// Limits how many calls are in flight, and finds the limit by itself, by a configuration of the function's own.
///
/// - Parameter configuration: How it finds its limit.
@attached(body)
public macro AdaptiveLimited(_ configuration: AdaptiveLimiterConfiguration) =
    #externalMacro(module: "SageMacrosPlugin", type: "DecoratorMacro")
