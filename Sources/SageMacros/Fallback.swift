public import SageResilience

/// Returns a value when everything below it has failed.
///
/// ```swift
/// @Fallback(returning: [])
/// @Retry(.network)
/// func search(_ query: String) async throws -> [Hit] { ... }
/// ```
///
/// - Parameters:
///   - value: What to return; evaluated after each failure.
///   - kinds: The kinds of errors that it is for. Defaults to `general`.
///   - classifier: Decides the kind of an error. Defaults to the one that asks the error.
@attached(body)
public macro Fallback<Value>(
    returning value: Value, kinds: Set<Fallback.Kind> = [.general], classifier: ErrorClassifier = .default
) = #externalMacro(module: "SageMacrosPlugin", type: "DecoratorMacro")

/// Returns `[]`, `[:]` or `nil` when everything below it has failed.
///
/// - Parameters:
///   - value: What to return: one of the three, whose type is that of the function's result.
///   - kinds: The kinds of errors that it is for. Defaults to `general`.
///   - classifier: Decides the kind of an error. Defaults to the one that asks the error.
@attached(body)
public macro Fallback(
    returning value: EmptyLiteral, kinds: Set<Fallback.Kind> = [.general], classifier: ErrorClassifier = .default
) = #externalMacro(module: "SageMacrosPlugin", type: "DecoratorMacro")

/// Calls another function with the same arguments when everything below it has failed.
///
/// ```swift
/// struct Index: Sendable {
///     @Fallback(to: Index.cached)
///     @CircuitBreaker("search", .network)
///     func search(_ query: String, limit: Int = 10) async throws -> [Hit] { ... }
///
///     func cached(_ query: String, limit: Int) async throws -> [Hit] { ... }
/// }
/// ```
///
/// - Parameters:
///   - function: The function, with its type in front when it is a method. In the body of a structure that does not say
///     whether it is `Sendable` the compiler reports a circular reference; the name in quotation marks works there too.
///   - kinds: The kinds of errors that it is for. Defaults to `general`.
///   - classifier: Decides the kind of an error. Defaults to the one that asks the error.
@attached(body)
public macro Fallback<Function>(
    to function: Function, kinds: Set<Fallback.Kind> = [.general], classifier: ErrorClassifier = .default
) = #externalMacro(module: "SageMacrosPlugin", type: "DecoratorMacro")
