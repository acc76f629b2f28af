import SageResilience

func bestPractices() async throws {
    // snippet: practice-attempts
    let attempts = try RetryConfiguration(maxAttempts: 4)  // three retries
    // end snippet

    // snippet: practice-initial-delay
    let initialDelay = try RetryConfiguration(backoff: .exponential(initialDelay: .seconds(1)))
    // end snippet

    // snippet: practice-max-delay
    let maxDelay = try RetryConfiguration(backoff: .exponential(maxDelay: .seconds(10)))
    // end snippet

    // snippet: practice-jitter
    let jitter = try RetryConfiguration(backoff: .exponential(maxDelay: .seconds(10), jitter: .full))
    // end snippet

    // snippet: practice-transient
    let onlyTransient = try RetryConfiguration(maxUnknownRetries: 0)
    // end snippet

    // snippet: practice-all
    let retry = RetryPolicy(
        "api",
        try RetryConfiguration(
            maxAttempts: 4, backoff: .exponential(initialDelay: .seconds(1), maxDelay: .seconds(10), jitter: .full)))
    // end snippet
    let configurations = [attempts, initialDelay, maxDelay, jitter, onlyTransient, retry.configuration]
    try expect(configurations.map(\.maxAttempts) == [4, 3, 3, 3, 3, 4], "the attempts are as stated")
    try expect(jitter.backoff.jitter == .full && maxDelay.backoff.maxDelay == .seconds(10), "so are the delays")
}
