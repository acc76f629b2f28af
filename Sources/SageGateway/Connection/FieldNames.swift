import HTTPTypes

/// The header fields that Sage reads or writes and the package of header fields has no names for.
extension HTTPField.Name {
    private static func named(_ name: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(name) else { preconditionFailure("Internal inconsistency: \(name)") }
        return name
    }

    // MARK: Sage's own, and what clients' libraries say and want to hear

    /// Tells OpenAI's and Anthropic's libraries whether to try again.
    static let shouldRetry = named("x-should-retry")
    static let requestID = named("x-sage-request-id")
    static let target = named("x-sage-target")
    static let attempts = named("x-sage-attempts")
    static let fallbacks = named("x-sage-fallbacks")
    static let overhead = named("x-sage-overhead-ms")
    /// What a translation has left out of the request, by a documented rule.
    static let dropped = named("x-sage-dropped")
    /// What of the answer is Sage's guess, because no provider has told it.
    static let estimated = named("x-sage-estimated")
    static let timeout = named("x-sage-timeout-ms")
    static let noRetry = named("x-sage-no-retry")
    static let noFallback = named("x-sage-no-fallback")
    static let requestPriority = named("x-sage-priority")
    static let hedge = named("x-sage-hedge")
    /// How often the client's library has tried already.
    static let clientRetryCount = named("x-stainless-retry-count")
    /// How many seconds the client's library waits for an answer.
    static let clientReadTimeout = named("x-stainless-read-timeout")
    /// The same, as other libraries of the same makers call it.
    static let clientTimeout = named("x-stainless-timeout")
    static let upstreamRequestID = named("x-request-id")
    /// Tells repetitions of a request from new ones.
    static let idempotencyKey = named("idempotency-key")

    // MARK: Keys

    /// Where Anthropic's clients send their key.
    static let anthropicKey = named("x-api-key")
    /// Where Google's clients send their key.
    static let googleKey = named("x-goog-api-key")
    /// Where Azure's clients send their key.
    static let azureKey = named("api-key")

    // MARK: Proxies and browsers

    /// Tells nginx in front of Sage not to hold events back.
    static let accelBuffering = named("x-accel-buffering")
    /// Whose page a request comes from, by the browser's word: `cross-site`, `same-origin` and others.
    static let fetchSite = named("sec-fetch-site")
    /// What the page wants with it: `navigate` when somebody follows a link.
    static let fetchMode = named("sec-fetch-mode")
}
