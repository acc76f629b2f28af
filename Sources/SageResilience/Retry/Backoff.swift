/// How long to wait before each retry.
///
/// Without jitter and with an initial delay of one second the strategies give
///
/// | before retry | 1 | 2 | 3 | 4 | 5 |
/// | --- | --- | --- | --- | --- | --- |
/// | fixed | 1 s | 1 s | 1 s | 1 s | 1 s |
/// | linear | 1 s | 2 s | 3 s | 4 s | 5 s |
/// | exponential, multiplier 2 | 1 s | 2 s | 4 s | 8 s | 16 s |
/// | Fibonacci | 1 s | 1 s | 2 s | 3 s | 5 s |
///
/// A delay is first capped at ``maxDelay``, then spread by ``jitter``. All arithmetic saturates: no attempt number,
/// multiplier or user function can trap or make a delay negative or endless. A value type, safe to share.
public struct Backoff: Sendable {
    /// The rule by which delays grow; the modules that read and show configurations look at it.
    package enum Strategy: Sendable {
        case fixed(Duration)
        case linear(initial: Duration)
        case exponential(initial: Duration, multiplier: Double)
        case fibonacci(initial: Duration)
        case decorrelated(base: Duration)
        case custom(@Sendable (_ retry: Int, _ previous: Duration?) -> Duration)
    }

    package let strategy: Strategy
    /// The longest delay.
    public let maxDelay: Duration
    /// How a delay is spread at random.
    public let jitter: Jitter
    /// Whether proportional jitter may lengthen a delay beyond ``maxDelay``.
    ///
    /// Defaults to false.
    public private(set) var jitterMayExceedMaximum = false

    private init(_ strategy: Strategy, maxDelay: Duration, jitter: Jitter) throws(ConfigurationError) {
        try Validation.notNegative("maxDelay", maxDelay)
        try jitter.validate()
        self.init(unchecked: strategy, maxDelay: maxDelay, jitter: jitter)
    }

    init(unchecked strategy: Strategy, maxDelay: Duration, jitter: Jitter) {
        self.strategy = strategy
        self.maxDelay = maxDelay
        self.jitter = jitter
    }

    /// Exponential from 1 s to 60 s with full jitter.
    public static let `default` = Backoff(
        unchecked: .exponential(initial: .seconds(1), multiplier: 2), maxDelay: .seconds(60), jitter: .full)

    /// No delay at all.
    public static let none = Backoff(unchecked: .fixed(.zero), maxDelay: .zero, jitter: .none)

    /// The same delay before each retry, spread to both sides by proportional jitter.
    ///
    /// - Throws: ``ConfigurationError`` for a negative delay or a jitter fraction outside 0 to 1.
    public static func fixed(_ delay: Duration, jitter: Jitter = .none) throws(ConfigurationError) -> Backoff {
        try Validation.notNegative("delay", delay)
        try jitter.validate()
        // Nobody set a maximum here, so that jitter goes both ways.
        let longest = jitter.range(around: Double(delay.saturatingNanoseconds)).upperBound
        return try Backoff(.fixed(delay), maxDelay: .nanoseconds(Int64(saturating: longest)), jitter: jitter)
    }

    /// `initialDelay · n` before retry n.
    ///
    /// - Throws: ``ConfigurationError`` for a negative delay or a jitter fraction outside 0 to 1.
    public static func linear(
        initialDelay: Duration = .seconds(1), maxDelay: Duration = .seconds(60), jitter: Jitter = .full
    ) throws(ConfigurationError) -> Backoff {
        try Validation.notNegative("initialDelay", initialDelay)
        return try Backoff(.linear(initial: initialDelay), maxDelay: maxDelay, jitter: jitter)
    }

    /// `initialDelay · multiplier^(n − 1)` before retry n.
    ///
    /// - Throws: ``ConfigurationError`` for a negative delay, a multiplier below 1 or not finite, or a jitter
    ///   fraction outside 0 to 1.
    public static func exponential(
        initialDelay: Duration = .seconds(1), multiplier: Double = 2, maxDelay: Duration = .seconds(60),
        jitter: Jitter = .full
    ) throws(ConfigurationError) -> Backoff {
        try Validation.notNegative("initialDelay", initialDelay)
        try Validation.atLeast("multiplier", multiplier, 1)
        return try Backoff(
            .exponential(initial: initialDelay, multiplier: multiplier), maxDelay: maxDelay, jitter: jitter)
    }

    /// `initialDelay` times the n-th Fibonacci number before retry n.
    ///
    /// - Throws: ``ConfigurationError`` for a negative delay or a jitter fraction outside 0 to 1.
    public static func fibonacci(
        initialDelay: Duration = .seconds(1), maxDelay: Duration = .seconds(60), jitter: Jitter = .full
    ) throws(ConfigurationError) -> Backoff {
        try Validation.notNegative("initialDelay", initialDelay)
        return try Backoff(.fibonacci(initial: initialDelay), maxDelay: maxDelay, jitter: jitter)
    }

    /// AWS's decorrelated jitter: `min(cap, base + u · (3 · previous − base))`, with `base` as the first previous.
    ///
    /// - Throws: ``ConfigurationError`` for a negative delay.
    public static func decorrelated(
        baseDelay: Duration = .seconds(1), maxDelay: Duration = .seconds(60)
    ) throws(ConfigurationError) -> Backoff {
        try Validation.notNegative("baseDelay", baseDelay)
        return try Backoff(.decorrelated(base: baseDelay), maxDelay: maxDelay, jitter: .none)
    }

    /// A delay of your own.
    ///
    /// - Parameters:
    ///   - maxDelay: The longest delay; what the function returns is limited to `0...maxDelay`.
    ///   - jitter: How the delay is spread. Defaults to none.
    ///   - delay: Called with the number of the retry, from 1, and the delay before the previous one.
    /// - Throws: ``ConfigurationError`` for a negative `maxDelay` or a jitter fraction outside 0 to 1.
    public static func custom(
        maxDelay: Duration = .seconds(60), jitter: Jitter = .none,
        _ delay: @escaping @Sendable (_ retry: Int, _ previous: Duration?) -> Duration
    ) throws(ConfigurationError) -> Backoff {
        try Backoff(.custom(delay), maxDelay: maxDelay, jitter: jitter)
    }

    /// The same backoff, whose proportional jitter may lengthen a delay beyond ``maxDelay``.
    public func allowingJitterBeyondMaximum() -> Backoff {
        var copy = self
        copy.jitterMayExceedMaximum = true
        return copy
    }

    /// The delay before a retry.
    ///
    /// - Parameters:
    ///   - retry: The number of the retry, from 1; smaller numbers count as 1.
    ///   - previous: The delay before the previous retry, which decorrelated and custom delays build on.
    ///   - random: Where the jitter comes from.
    public func delay(beforeRetry retry: Int, previous: Duration? = nil, random: RandomSource = .system) -> Duration {
        .nanoseconds(
            nanoseconds(beforeRetry: retry, previous: previous?.saturatingNanoseconds, random: random))
    }
}
