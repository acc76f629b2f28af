public import SageResilience

/// Runs the body of the function again when it fails in a way that is likely to pass.
///
/// ```swift
/// @Retry(maxAttempts: 3, initialDelay: .seconds(1), strategy: .exponential)
/// func save(_ turn: Turn) async throws { ... }
/// ```
///
/// The function throws its own last error, unchanged. An error that says nothing about itself (`ClassifiedError`) is
/// tried again once; see `retryOn` and `classifier`. Of the calls of the function that are in flight at most a fifth, and
/// at least three, are tried again at the same time; see `budget`.
///
/// - Parameters:
///   - maxAttempts: How often the body runs, the first time included, 1 or more. Defaults to 3.
///   - initialDelay: The delay before the first retry, before jitter, 0 or more. Defaults to 1 s.
///   - maxDelay: The longest delay, 0 or more. Defaults to 60 s.
///   - multiplier: By how much an exponential delay grows each time, 1 or more. Defaults to 2.
///   - jitter: How the delays are spread. Defaults to `full`.
///   - strategy: How the delays grow. Defaults to `exponential`.
///   - totalTimeLimit: How long all attempts and waits may take together. Defaults to no limit.
///   - retryOn: The types of the errors that are worth another try; no other is then. Empty asks the classifier.
///   - classifier: Decides which errors are worth another try. Defaults to the one that asks the error.
///   - idempotency: Whether the body may run twice. Defaults to yes.
///   - budget: How many calls may be tried again at the same time; one that functions share counts the calls of all.
///     Defaults to one of the function's own, of a fifth of its calls in flight and at least three;
///     `RetryBudget.unlimited` counts nothing.
@attached(body)
public macro Retry(
    maxAttempts: Int = 3,
    initialDelay: Duration = .seconds(1),
    maxDelay: Duration = .seconds(60),
    multiplier: Double = 2,
    jitter: Jitter = .full,
    strategy: RetryStrategy = .exponential,
    totalTimeLimit: Duration? = nil,
    retryOn: [any Error.Type] = [],
    classifier: ErrorClassifier = .default,
    idempotency: RetryConfiguration.Idempotency = .idempotent,
    budget: RetryBudget? = nil
) = #externalMacro(module: "SageMacrosPlugin", type: "DecoratorMacro")

/// Runs the body of the function again by a configuration, for example a preset.
///
/// ```swift
/// @Retry(.llm)
/// func complete(_ prompt: String) async throws -> String { ... }
/// ```
///
/// - Parameter configuration: How it decides.
@attached(body)
public macro Retry(_ configuration: RetryConfiguration) =
    #externalMacro(module: "SageMacrosPlugin", type: "DecoratorMacro")
