public import SageResilience

/// Limits how many calls are in flight, by the bulkhead that is registered under a name.
///
/// - Parameter name: The name in `ResilienceRegistry.current`. Where there is none the call throws
///   `RegistryError`, which lists the names that exist.
@attached(body)
public macro Bulkhead(_ name: String) = #externalMacro(module: "SageMacrosPlugin", type: "DecoratorMacro")

/// Limits how many calls are in flight, by a configuration of the function's own.
///
/// - Parameter configuration: How many calls may be in flight, and how the others wait.
@attached(body)
public macro Bulkhead(_ configuration: BulkheadConfiguration) =
    #externalMacro(module: "SageMacrosPlugin", type: "DecoratorMacro")

/// Limits how many calls are in flight, by a configuration.
///
/// - Parameters:
///   - name: The name of the bulkhead; functions that write the same name share it.
///   - configuration: How many calls may be in flight, and how the others wait. Of several functions with this name,
///     that of the one that is called first counts.
@attached(body)
public macro Bulkhead(_ name: String?, _ configuration: BulkheadConfiguration) =
    #externalMacro(module: "SageMacrosPlugin", type: "DecoratorMacro")

/// Limits how many calls are in flight.
///
/// ```swift
/// @Bulkhead("database", limit: 16)
/// func load(_ key: Key) async throws -> Row { ... }
/// ```
///
/// - Parameters:
///   - name: The name of the bulkhead; functions that write the same name share it. Defaults to a bulkhead of the
///     function's own.
///   - limit: The most calls in flight at the same time, 1 to 1,000,000.
///   - maxQueued: The most calls that wait at the same time, 0 or more. Defaults to 1,000.
///   - maxWait: The longest time a call waits, 0 or more; zero refuses at once. Defaults to 5 s.
@attached(body)
public macro Bulkhead(
    _ name: String? = nil, limit: Int, maxQueued: Int = 1_000, maxWait: Duration = .seconds(5)
) = #externalMacro(module: "SageMacrosPlugin", type: "DecoratorMacro")
