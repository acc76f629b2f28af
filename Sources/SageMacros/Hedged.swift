public import SageResilience

/// Runs a second copy of the body when the first one is slow; the result that comes first counts.
///
/// ```swift
/// @Hedged(after: .milliseconds(200))
/// func lookUp(_ key: Key) async throws -> Row { ... }
/// ```
///
/// Only for functions that may run twice at the same time. The body runs in child tasks, with the limits that
/// ``Timeout(_:mode:)`` has.
///
/// - Parameters:
///   - after: How long a call may take before a copy is sent, 0 or more.
///   - maxHedges: The most copies of one call, the call itself not counted, 1 to 10. Defaults to 1.
@attached(body)
public macro Hedged(after: Duration, maxHedges: Int = 1) =
    #externalMacro(module: "SageMacrosPlugin", type: "DecoratorMacro")

/// Runs copies of the body when the first one is slow, by a configuration.
///
/// - Parameter configuration: When copies are sent, and how many.
@attached(body)
public macro Hedged(_ configuration: HedgeConfiguration) =
    #externalMacro(module: "SageMacrosPlugin", type: "DecoratorMacro")
