public import SageResilience

/// Limits how long everything below it, and the body, may take.
///
/// ```swift
/// @Timeout(.seconds(20))
/// func search(_ query: String) async throws -> [Hit] { ... }
/// ```
///
/// Above `@Retry` it limits the whole call, below it each attempt. The body runs in a child task: what it uses and
/// returns must be `Sendable`, except that a method of an actor goes on using its actor's state. It cannot stand on a
/// mutating method or one with `inout` parameters.
///
/// - Parameters:
///   - limit: The time that it may take, 1 ns or more.
///   - mode: What becomes of a body that exceeds the limit. Defaults to `structured`: it is cancelled and awaited.
@attached(body)
public macro Timeout(_ limit: Duration, mode: TimeLimiter.Mode = .structured) =
    #externalMacro(module: "SageMacrosPlugin", type: "DecoratorMacro")
