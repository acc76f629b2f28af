/// An error type that can stand for the refusal of a policy, so that functions with `throws(Self)` can be decorated.
///
/// ```swift
/// enum StoreError: RefusableError {
///     case notFound
///     case unavailable(any Error)
///
///     init(refusal: any Error) { self = .unavailable(refusal) }
/// }
/// ```
///
/// A function with `@Retry` alone needs no such type: a retry that gives up throws the body's own last error.
public protocol RefusableError: Error {
    /// Makes an error of one that the function itself cannot throw.
    ///
    /// - Parameter refusal: A ``ResilienceRejection``, a ``TimeLimiterError``, a ``ConfigurationError``, a
    ///   ``RegistryError``, or `CancellationError` when the task is cancelled while it waits.
    init(refusal: any Error)
}
