import SageResilience

/// An error that says nothing but its text.
struct TextError: Error, CustomStringConvertible {
    let description: String
}

func classification() async throws {
    // snippet: recovery-kinds
    let recoveries: [ErrorClass: Recovery] = [
        .transient: .retryable,  // also rate limits, overload, time-outs, and what nobody knows
        .permanent: .nonRetryable,
        .contextWindow: .degraded,  // also content policy: another model can answer
        .authentication: .fatal,  // also an empty account: a person has to act
    ]
    // end snippet
    for (errorClass, recovery) in recoveries {
        try expect(errorClass.recovery == recovery, "\(errorClass) is \(recovery)")
    }

    // snippet: recovery-backoff
    let backoff = try Backoff.exponential(
        initialDelay: .milliseconds(1_000),
        multiplier: 2,
        maxDelay: .milliseconds(60_000),
        jitter: .proportional(0.1))
    let configuration = try RetryConfiguration(maxAttempts: 1 + 3, backoff: backoff)
    // end snippet
    try expect(configuration.maxAttempts == 4, "three retries are four attempts")

    // snippet: recovery-patterns
    let classifier = ErrorClassifier {
        ErrorRule(matching: "rate limit", "too many requests", as: .rateLimited)
        ErrorRule(matching: "timed out", "timeout", "gateway timeout", as: .timeout)
        ErrorRule(matching: "connection error", "connection reset", "server disconnected", as: .transient)
        ErrorRule(matching: "internal server error", "bad gateway", as: .transient)
        ErrorRule(matching: "service unavailable", "temporarily unavailable", as: .overloaded)
        ErrorRule(matching: "unauthorized", "authentication", "invalid api key", "forbidden", as: .authentication)
        ErrorRule(matching: "not found", "validation error", "bad request", as: .permanent)
    }
    // end snippet
    try expect(classifier.classify(TextError(description: "Bad Gateway")).errorClass == .transient, "rules read text")

    // snippet: recovery-classify
    let verdict = ErrorClassifier.llm.classify(TextError(description: "error code: 429"))
    print(verdict.errorClass, verdict.errorClass.recovery)  // rateLimited, retryable

    let amount = ErrorClassifier.llm.classify(TextError(description: "the answer has 1429 tokens"))
    print(amount.errorClass)  // unknown
    // end snippet
    try expect(verdict.errorClass == .rateLimited && amount.errorClass == .unknown, "429 must be a status")
    try expect(
        ErrorClassifier.llm.classify(TextError(description: "429: You exceeded your current quota")).errorClass
            == .quotaExhausted, "an empty account is no rate limit")
    try expect(
        ["gateway timeout", "server disconnected", "temporarily unavailable", "bad gateway", "validation error"]
            .allSatisfy {
                ErrorClassifier.llm.classify(TextError(description: $0)).errorClass != .unknown
            }, "the preset knows the texts")
    try expect(
        ErrorClassifier.llm.classify(TextError(description: "error 402")).errorClass == .quotaExhausted,
        "402 is an empty account")

    // snippet: recovery-delay
    let delay = backoff.delay(beforeRetry: 1)  // between 0.9 and 1.1 seconds
    // end snippet
    try expect(delay >= .milliseconds(900) && delay <= .milliseconds(1_100), "the jitter is a tenth")
}
