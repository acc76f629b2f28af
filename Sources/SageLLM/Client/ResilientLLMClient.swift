public import SageResilience

/// Calls an OpenAI-compatible service through retry, circuit breaker and rate limiter.
///
/// ```swift
/// let openai = try ResilientLLMClient("openai", OpenAIEndpoint(apiKey: key))
/// let request = ChatCompletionRequest(model: "gpt-5-mini", messages: messages)
/// let reply = try await openai.chat(request)
///
/// for try await chunk in try await openai.stream(request) {
///     print(chunk.choices.first?.delta.content ?? "", terminator: "")
/// }
/// ```
///
/// The order of the policies, outermost first, is retry, rate limiter, circuit breaker, limits of time: waiting for the
/// client's own limiter is no slowness of the service, and an open breaker refuses before the limiter is asked. An answer counts
/// only when it is one: a status of 200 with an error, a page or nothing in it is a failure. A stream is tried again
/// until its first token has arrived, never later, because the caller may have shown it; the circuit breaker judges it
/// by how it ends, and its slowness by the first token. A caller who walks away, from an answer or in the middle of a stream, ends the exchange with the
/// service and says nothing about it.
///
/// Errors of the service are ``ProviderError``s. Thread-safe; one client serves any number of calls. Call ``shutdown()``
/// when it is no longer used; the connections of a client that is dropped are closed some time later.
public final class ResilientLLMClient: LLMClient {
    /// What identifies the client in errors and events.
    public let name: String
    /// Guards the service; its state can be read and set by hand.
    public let circuitBreaker: CircuitBreaker

    private let endpoint: OpenAIEndpoint
    private let model: String?
    private let transport: any UpstreamTransport
    private let retry: RetryPolicy
    private let rateLimiter: RateLimiter?
    private let limits: ChatLimits
    private let now: @Sendable () -> ContinuousClock.Instant

    /// Creates a client.
    ///
    /// - Parameters:
    ///   - name: What identifies the client in errors and events.
    ///   - endpoint: Where the service is, and how to sign requests to it.
    ///   - model: The model to ask for instead of the request's own, so that clients of different services can stand
    ///     in for each other. Defaults to none.
    ///   - transport: Sends the requests. Defaults to a connection pool of its own.
    ///   - circuitBreaker: Guards the service; share it among clients of the same service. Defaults to one with
    ///     `CircuitBreakerConfiguration.llm`.
    ///   - retry: When and how often to try again. Defaults to 4 attempts, 0.1 s to 30 s apart, with full jitter and a
    ///     budget of 20 %.
    ///   - rateLimiter: Spaces the attempts; those that must wait do so in its queue. Defaults to none.
    ///   - limits: How long the parts of an attempt may take, and how much it may return.
    /// - Throws: `ConfigurationError` when a policy that is built here cannot be.
    public convenience init(
        _ name: String, _ endpoint: OpenAIEndpoint, model: String? = nil, transport: (any UpstreamTransport)? = nil,
        circuitBreaker: CircuitBreaker? = nil, retry: RetryPolicy? = nil, rateLimiter: RateLimiter? = nil,
        limits: ChatLimits = ChatLimits()
    ) throws(ConfigurationError) {
        try self.init(
            name, endpoint, model: model, transport: transport ?? AsyncHTTPClientTransport(),
            circuitBreaker: circuitBreaker, retry: retry, rateLimiter: rateLimiter, limits: limits, now: { .now })
    }

    /// - Parameter now: Tells the time by which the parts of an attempt are limited.
    package init(
        _ name: String, _ endpoint: OpenAIEndpoint, model: String? = nil, transport: any UpstreamTransport,
        circuitBreaker: CircuitBreaker? = nil, retry: RetryPolicy? = nil, rateLimiter: RateLimiter? = nil,
        limits: ChatLimits = ChatLimits(), now: @escaping @Sendable () -> ContinuousClock.Instant
    ) throws(ConfigurationError) {
        self.name = name
        self.endpoint = endpoint
        self.model = model
        self.circuitBreaker = circuitBreaker ?? CircuitBreaker(name, .llm)
        self.retry = if let retry { retry } else { try Self.defaultRetry(name) }
        self.rateLimiter = rateLimiter
        self.limits = limits
        self.transport = transport
        self.now = now
    }

    private static func defaultRetry(_ name: String) throws(ConfigurationError) -> RetryPolicy {
        RetryPolicy(
            name,
            try RetryConfiguration(
                maxAttempts: 4,
                backoff: .exponential(initialDelay: .milliseconds(100), multiplier: 2, maxDelay: .seconds(30)),
                budget: RetryBudget()))
    }

    /// Asks for a whole answer, and again while that is useful.
    ///
    /// - Parameter request: The request; its `stream` is not looked at.
    /// - Throws: ``ProviderError`` of the last attempt, `CircuitBreakerError`, `RateLimiterError` or
    ///   `CancellationError`.
    public func chat(_ request: ChatCompletionRequest) async throws -> ChatCompletion {
        let call = Call(request, isStream: false, self)
        return try await retry.execute {
            try await awaitTurn()
            return try await circuitBreaker.execute {
                guard case .completion(let completion) = try await call.start(limits) else {
                    throw ProviderError.malformedAnswer(target: call.exchange.target, detail: "a stream came")
                }
                do {
                    return try ChatCompletion(parsing: completion.body)
                } catch {
                    throw ProviderError.malformedAnswer(
                        target: call.exchange.target, headers: completion.headers, detail: "\(error)")
                }
            }
        }
    }

    /// Asks for an answer as a stream, again until a first token has arrived, and returns then.
    ///
    /// - Parameter request: The request; its `stream` is not looked at.
    /// - Throws: As ``chat(_:)``. What fails after the first token is thrown by the stream.
    public func stream(_ request: ChatCompletionRequest) async throws -> ChatCompletionStream {
        let call = Call(request, isStream: true, self)
        return try await retry.execute {
            try await awaitTurn()
            let permit = try circuitBreaker.acquire().shared()
            do {
                guard case .stream(let stream) = try await call.start(limits) else {
                    throw ProviderError.malformedAnswer(target: call.exchange.target, detail: "no stream came")
                }
                permit.stopTiming()
                return ChatCompletionStream(stream, target: call.exchange.target, permit: permit)
            } catch {
                permit.fail(error)
                throw error
            }
        }
    }

    /// Waits for the rate limiter, unless the circuit breaker would refuse anyway.
    private func awaitTurn() async throws {
        guard let rateLimiter else { return }
        // Asked for and given back at once: a refused call must not use up what the limiter has for others.
        try circuitBreaker.acquire().ignore()
        try await rateLimiter.acquire()
    }

    /// Closes the connections and refuses further requests; to be called once, when no call is running.
    public func shutdown() async {
        await transport.shutdown()
    }

    /// What the attempts of one call have in common.
    private struct Call: Sendable {
        let exchange: ChatExchange
        let request: UpstreamRequest
        let isStream: Bool
        let choices: Int
        private let now: @Sendable () -> ContinuousClock.Instant

        init(_ request: ChatCompletionRequest, isStream: Bool, _ client: ResilientLLMClient) {
            var request = request
            request.model = client.model ?? request.model
            request.stream = isStream ? true : nil
            // Services refuse the options of a stream where none is asked for.
            if !isStream { request.streamOptions = nil }
            self.exchange = ChatExchange(
                target: "\(client.name)/\(request.model)", transport: client.transport,
                redaction: client.endpoint.redaction, now: client.now)
            self.request = client.endpoint.chatRequest(body: request.json.jsonBuffer, isStream: isStream)
            self.isStream = isStream
            self.choices = request.n ?? 1
            self.now = client.now
        }

        func start(_ limits: ChatLimits) async throws -> ChatExchange.Answer {
            try await exchange.start(
                request, isStream: isStream, expectedChoices: choices, limits: limits,
                deadline: isStream ? limits.streamTotal.map { now().advanced(by: $0) } : nil)
        }
    }
}
