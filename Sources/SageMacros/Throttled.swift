public import SageResilience

/// Does not even send the calls that a service would refuse (Google's client-side throttling).
///
/// - Parameters:
///   - name: The name of the throttle; functions that write the same name share it. Defaults to a throttle of the
///     function's own.
///   - configuration: How much it refuses. Of several functions with this name, that of the one that is called first
///     counts. Defaults to the numbers of Google's SRE book.
@attached(body)
public macro Throttled(_ name: String? = nil, _ configuration: ClientThrottleConfiguration = .default) =
    #externalMacro(module: "SageMacrosPlugin", type: "DecoratorMacro")

/// Does not even send the calls that a service would refuse, by a configuration of the function's own.
///
/// - Parameter configuration: How much it refuses.
@attached(body)
public macro Throttled(_ configuration: ClientThrottleConfiguration) =
    #externalMacro(module: "SageMacrosPlugin", type: "DecoratorMacro")
