extension RateLimiter {
    /// A limiter that admits at most `limit` permits in every window of length `per`.
    ///
    /// Exact for limits up to 1,024, approximate above; see
    /// ``RateLimiterConfiguration/Algorithm/slidingWindow(limit:per:)``.
    ///
    /// - Parameters:
    ///   - name: What identifies it in events, errors and metrics. Defaults to `rate-limiter`.
    ///   - limit: Permits in a window, 1 or more.
    ///   - per: The length of the window, 1 ns or more.
    ///   - maxWait: The longest time a call waits for its permits, 0 or more. Defaults to 5 s.
    ///   - maxQueued: The most calls that wait at the same time, 0 or more. Defaults to 1,000.
    ///   - classifier: Says which errors carry a time for which the service wants to be left alone (``ServerHint``).
    ///     Defaults to ``ErrorClassifier/default``.
    ///   - maxServerHint: The longest such time that is heeded, 0 or more; what goes beyond is cut off, zero learns
    ///     nothing. Defaults to 60 s.
    ///   - clock: The time it lives in. Defaults to the continuous clock.
    ///   - listener: Hears its events. Defaults to nobody.
    /// - Throws: ``ConfigurationError`` for the first value that is out of range.
    public static func slidingWindow(
        _ name: String = "rate-limiter", limit: Int, per: Duration, maxWait: Duration = .seconds(5),
        maxQueued: Int = 1_000, classifier: ErrorClassifier = .default, maxServerHint: Duration = .seconds(60),
        clock: any Clock<Duration> = ContinuousClock(), listener: (any ResilienceListener)? = nil
    ) throws(ConfigurationError) -> RateLimiter {
        let configuration = try RateLimiterConfiguration(
            .slidingWindow(limit: limit, per: per), maxWait: maxWait, maxQueued: maxQueued, classifier: classifier,
            maxServerHint: maxServerHint)
        return RateLimiter(name, configuration, clock: clock, listener: listener)
    }

    /// A limiter with a bucket of `capacity` permits into which one comes back each `refillInterval`.
    ///
    /// - Parameters:
    ///   - name: What identifies it in events, errors and metrics. Defaults to `rate-limiter`.
    ///   - capacity: Permits in the full bucket, 1 or more; it begins full.
    ///   - refillInterval: The time in which one permit comes back, 1 ns or more.
    ///   - maxWait: The longest time a call waits for its permits, 0 or more. Defaults to 5 s.
    ///   - maxQueued: The most calls that wait at the same time, 0 or more. Defaults to 1,000.
    ///   - classifier: Says which errors carry a time for which the service wants to be left alone (``ServerHint``).
    ///     Defaults to ``ErrorClassifier/default``.
    ///   - maxServerHint: The longest such time that is heeded, 0 or more; what goes beyond is cut off, zero learns
    ///     nothing. Defaults to 60 s.
    ///   - clock: The time it lives in. Defaults to the continuous clock.
    ///   - listener: Hears its events. Defaults to nobody.
    /// - Throws: ``ConfigurationError`` for the first value that is out of range.
    public static func tokenBucket(
        _ name: String = "rate-limiter", capacity: Int, refillInterval: Duration, maxWait: Duration = .seconds(5),
        maxQueued: Int = 1_000, classifier: ErrorClassifier = .default, maxServerHint: Duration = .seconds(60),
        clock: any Clock<Duration> = ContinuousClock(), listener: (any ResilienceListener)? = nil
    ) throws(ConfigurationError) -> RateLimiter {
        let configuration = try RateLimiterConfiguration(
            .tokenBucket(capacity: capacity, refillInterval: refillInterval), maxWait: maxWait, maxQueued: maxQueued,
            classifier: classifier, maxServerHint: maxServerHint)
        return RateLimiter(name, configuration, clock: clock, listener: listener)
    }

    /// A limiter with a token bucket that admits `limit` permits in each `per` on average.
    ///
    /// - Parameters:
    ///   - name: What identifies it in events, errors and metrics. Defaults to `rate-limiter`.
    ///   - limit: Permits that come back in each `per`, 1 or more.
    ///   - per: The time in which they come back, 1 ns or more.
    ///   - burst: Permits in the full bucket, 1 or more. Defaults to `limit`.
    ///   - maxWait: The longest time a call waits for its permits, 0 or more. Defaults to 5 s.
    ///   - maxQueued: The most calls that wait at the same time, 0 or more. Defaults to 1,000.
    ///   - classifier: Says which errors carry a time for which the service wants to be left alone (``ServerHint``).
    ///     Defaults to ``ErrorClassifier/default``.
    ///   - maxServerHint: The longest such time that is heeded, 0 or more; what goes beyond is cut off, zero learns
    ///     nothing. Defaults to 60 s.
    ///   - clock: The time it lives in. Defaults to the continuous clock.
    ///   - listener: Hears its events. Defaults to nobody.
    /// - Throws: ``ConfigurationError`` for the first value that is out of range.
    public static func tokenBucket(
        _ name: String = "rate-limiter", limit: Int, per: Duration, burst: Int? = nil,
        maxWait: Duration = .seconds(5), maxQueued: Int = 1_000, classifier: ErrorClassifier = .default,
        maxServerHint: Duration = .seconds(60),
        clock: any Clock<Duration> = ContinuousClock(), listener: (any ResilienceListener)? = nil
    ) throws(ConfigurationError) -> RateLimiter {
        let configuration = try RateLimiterConfiguration.tokenBucket(
            limit: limit, per: per, burst: burst, maxWait: maxWait, maxQueued: maxQueued, classifier: classifier,
            maxServerHint: maxServerHint)
        return RateLimiter(name, configuration, clock: clock, listener: listener)
    }

    /// A limiter for the tokens that a model's calls use: reserve an estimate, settle for what the answer reports.
    ///
    /// ```swift
    /// let tokens = try RateLimiter.tokensPerMinute("openai-tokens", limit: 200_000)
    /// ```
    ///
    /// - Parameters:
    ///   - name: What identifies it in events, errors and metrics. Defaults to `tokens-per-minute`.
    ///   - limit: Tokens that come back in a minute, 1 or more.
    ///   - burst: Tokens in the full bucket, 1 or more: no call may be estimated higher. Defaults to `limit`.
    ///   - maxWait: The longest time a call waits for its tokens, 0 or more. Defaults to 60 s.
    ///   - maxQueued: The most calls that wait at the same time, 0 or more. Defaults to 1,000.
    ///   - classifier: Says which errors carry a time for which the service wants to be left alone (``ServerHint``).
    ///     Defaults to ``ErrorClassifier/default``.
    ///   - maxServerHint: The longest such time that is heeded, 0 or more; what goes beyond is cut off, zero learns
    ///     nothing. Defaults to 60 s.
    ///   - clock: The time it lives in. Defaults to the continuous clock.
    ///   - listener: Hears its events. Defaults to nobody.
    /// - Throws: ``ConfigurationError`` for the first value that is out of range.
    public static func tokensPerMinute(
        _ name: String = "tokens-per-minute", limit: Int, burst: Int? = nil, maxWait: Duration = .seconds(60),
        maxQueued: Int = 1_000, classifier: ErrorClassifier = .default, maxServerHint: Duration = .seconds(60),
        clock: any Clock<Duration> = ContinuousClock(), listener: (any ResilienceListener)? = nil
    ) throws(ConfigurationError) -> RateLimiter {
        let configuration = try RateLimiterConfiguration.tokensPerMinute(
            limit: limit, burst: burst, maxWait: maxWait, maxQueued: maxQueued, classifier: classifier,
            maxServerHint: maxServerHint)
        return RateLimiter(name, configuration, clock: clock, listener: listener)
    }
}
