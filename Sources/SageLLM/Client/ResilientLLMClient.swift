public import SageResilience

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Calls a model's service through retry, circuit breaker and rate limiter.
///
/// ```swift
/// let openai = try ResilientLLMClient("openai", .openAI(apiKey: key))
/// let request = ChatCompletionRequest(model: "gpt-5-mini", messages: messages)
/// let reply = try await openai.chat(request)
///
/// for try await chunk in try await openai.stream(request) {
///     print(chunk.choices.first?.delta.content ?? "", terminator: "")
/// }
/// ```
///
/// Requests and answers are always OpenAI's. For an endpoint of another dialect they are translated, streams included:
///
/// ```swift
/// let claude = try ResilientLLMClient("claude", .anthropic(apiKey: key), model: "claude-sonnet-4-5")
/// let reply = try await claude.chat(request)
/// ```
///
/// What the service's format cannot express is refused with a ``TranslationError`` before anything is sent, or left out
/// where it only tunes the answer. Thinking arrives as `reasoning_content`, with its signatures in `thinking_blocks`;
/// both are kept in the message's `additionalFields`, and a message that is sent back as it came takes them along.
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

    private let endpoint: ProviderEndpoint
    private let model: String?
    private let transport: any UpstreamTransport
    private let retry: RetryPolicy
    private let rateLimiter: RateLimiter?
    private let limits: ExchangeLimits
    private let now: @Sendable () -> Moment

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
        _ name: String, _ endpoint: ProviderEndpoint, model: String? = nil, transport: (any UpstreamTransport)? = nil,
        circuitBreaker: CircuitBreaker? = nil, retry: RetryPolicy? = nil, rateLimiter: RateLimiter? = nil,
        limits: ExchangeLimits = ExchangeLimits()
    ) throws(ConfigurationError) {
        try self.init(
            name, endpoint, model: model, transport: transport ?? PooledTransport(),
            circuitBreaker: circuitBreaker, retry: retry, rateLimiter: rateLimiter, limits: limits,
            now: { ModelExchange.present })
    }

    /// - Parameter now: Tells the time by which the parts of an attempt are limited.
    package init(
        _ name: String, _ endpoint: ProviderEndpoint, model: String? = nil, transport: any UpstreamTransport,
        circuitBreaker: CircuitBreaker? = nil, retry: RetryPolicy? = nil, rateLimiter: RateLimiter? = nil,
        limits: ExchangeLimits = ExchangeLimits(), now: @escaping @Sendable () -> Moment
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
    /// - Throws: ``ProviderError`` of the last attempt, `CircuitBreakerError`, `RateLimiterError`,
    ///   ``TranslationError`` for a request that the service's format cannot express, or `CancellationError`.
    public func chat(_ request: ChatCompletionRequest) async throws -> ChatCompletion {
        let call = try Call(request, isStream: false, self)
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
        let call = try Call(request, isStream: true, self)
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
        let exchange: ModelExchange
        let call: ModelCall
        private let now: @Sendable () -> Moment

        init(
            _ request: ChatCompletionRequest, isStream: Bool, _ client: ResilientLLMClient
        ) throws(TranslationError) {
            var request = request
            request.model = client.model ?? request.model
            request.stream = isStream ? true : nil
            // Services refuse the options of a stream where none is asked for.
            if !isStream { request.streamOptions = nil }
            self.exchange = ModelExchange(
                target: "\(client.name)/\(request.model)", transport: client.transport,
                redaction: client.endpoint.redaction, now: client.now)
            self.call = try client.endpoint.chatCall(request, isStream: isStream)
            self.now = client.now
        }

        func start(_ limits: ExchangeLimits) async throws -> ModelExchange.Answer {
            try await exchange.start(
                call, limits: limits,
                deadline: call.isStream ? limits.streamTotal.map { now().advanced(by: $0) } : nil)
        }
    }
}

extension ProviderEndpoint {
    /// The call for a chat in OpenAI's format, in whichever dialect the provider speaks.
    fileprivate func chatCall(
        _ request: ChatCompletionRequest, isStream: Bool
    ) throws(TranslationError) -> ModelCall {
        let choices = request.n ?? 1
        guard dialect != .openAI, let format = WireFormat.chatCompletions.counterpart(in: dialect),
            let translator = Translator(from: .chatCompletions, to: format)
        else {
            let upstream = self.request(
                WireFormat.chatCompletions, model: request.model, body: request.json.jsonBuffer, isStream: isStream)
            return ModelCall(
                upstream, format: WireFormat.chatCompletions, isStream: isStream, expectedChoices: choices)
        }
        let context = TranslationContext(
            model: request.model, created: Int(Date.now.timeIntervalSince1970), isStream: isStream,
            idSuffix: UUID().uuidString)
        let translated = try translator.translate(request.json, model: request.model, context)
        let upstream = self.request(format, model: request.model, body: translated.body, isStream: isStream)
        return ModelCall(
            upstream, format: format, isStream: isStream, expectedChoices: choices, translation: translated.answer)
    }
}
