/// How the delays of a `@Retry` grow.
///
/// With an initial delay of 1 s and no jitter: see ``Backoff``.
@nonexhaustive
public enum RetryStrategy: String, Sendable, Hashable, CaseIterable {
    /// Multiplied each time.
    case exponential
    /// Always the same.
    case fixed
    /// Longer by the initial delay each time.
    case linear
    /// The initial delay times the Fibonacci numbers.
    case fibonacci
    /// AWS's decorrelated jitter, from the initial delay; the `jitter` of the decorator is not used.
    case decorrelated
}

extension RetryStrategy {
    func backoff(
        initialDelay: Duration, maxDelay: Duration, multiplier: Double, jitter: Jitter
    ) throws(ConfigurationError) -> Backoff {
        // Checked also where the strategy does not use it: a wrong number is a mistake anyway.
        try Validation.notNegative("initialDelay", initialDelay)
        try Validation.notNegative("maxDelay", maxDelay)
        try Validation.atLeast("multiplier", multiplier, 1)
        return switch self {
        case .exponential:
            try .exponential(
                initialDelay: initialDelay, multiplier: multiplier, maxDelay: maxDelay, jitter: jitter)
        case .fixed: try .fixed(min(initialDelay, maxDelay), jitter: jitter)
        case .linear: try .linear(initialDelay: initialDelay, maxDelay: maxDelay, jitter: jitter)
        case .fibonacci: try .fibonacci(initialDelay: initialDelay, maxDelay: maxDelay, jitter: jitter)
        case .decorrelated: try .decorrelated(baseDelay: initialDelay, maxDelay: maxDelay)
        }
    }
}
