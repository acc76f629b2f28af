import HTTPTypes
import NIOCore
import SageLLM
import SageResilience
import SageTesting
import TestSupport
import Testing

struct ResilientLLMClientTests {
    typealias Text = ChatText

    let request = ChatCompletionRequest(model: "m", messages: [ChatMessage(role: .user, content: "hi")])
    let breaker: CircuitBreaker

    init() throws {
        breaker = CircuitBreaker("test", try CircuitBreakerConfiguration(consecutiveFailures: 2))
    }

    func client(
        _ transport: ScriptedTransport, model: String? = nil, attempts: Int = 3, rateLimiter: RateLimiter? = nil,
        name: String = "test"
    ) throws -> ResilientLLMClient {
        try ResilientLLMClient(
            name, ProviderEndpoint.openAI(baseURL: "http://test/v1", apiKey: "key-for-tests"), model: model,
            transport: transport, circuitBreaker: breaker,
            retry: RetryPolicy("test", RetryConfiguration(maxAttempts: attempts, backoff: .fixed(.zero))),
            rateLimiter: rateLimiter)
    }

    func texts(_ stream: ChatCompletionStream) async throws -> [String] {
        var texts: [String] = []
        for try await chunk in stream {
            if let text = chunk.choices.first?.delta.content, !text.isEmpty { texts.append(text) }
        }
        return texts
    }

    // MARK: Whole answers

    @Test func answersWithACompletion() async throws {
        let transport = ScriptedTransport(.completion("hello"))
        let reply = try await client(transport).chat(request)
        #expect(reply.choices.first?.message.content?.text == "hello")
        let sent = try #require(transport.requests.first)
        #expect(sent.url == "http://test/v1/chat/completions")
        #expect(sent.headers[.authorization] == "Bearer key-for-tests")
        #expect(String(buffer: sent.body) == #"{"model":"m","messages":[{"role":"user","content":"hi"}]}"#)
        #expect(breaker.snapshot().calls == 1)
    }

    @Test func wishForAStreamIsNotLookedAt() async throws {
        let transport = ScriptedTransport(.completion())
        var request = request
        request.stream = true
        request.streamOptions = ["include_usage": true]
        _ = try await client(transport).chat(request)
        #expect(String(buffer: transport.requests[0].body).contains("stream") == false)
    }

    @Test func ownModelReplacesTheRequests() async throws {
        let transport = ScriptedTransport(.error(400))
        let client = try client(transport, model: "other")
        let error = await #expect(throws: ProviderError.self) { try await client.chat(request) }
        #expect(error?.target == "test/other")
        #expect(String(buffer: transport.requests[0].body).contains(#""model":"other""#))
    }

    @Test func transientFailureIsTriedAgain() async throws {
        let transport = ScriptedTransport(.error(503), .completion("hello"))
        _ = try await client(transport).chat(request)
        #expect(transport.calls == 2)
        #expect(breaker.snapshot().failures == 1)
    }

    @Test(arguments: [400, 401, 404, 422])
    func ownMistakeIsNotTriedAgainAndSaysNothingAboutTheService(status: Int) async throws {
        let transport = ScriptedTransport(.error(status))
        let client = try client(transport)
        let error = await #expect(throws: ProviderError.self) { try await client.chat(request) }
        #expect(error?.status == status)
        #expect(transport.calls == 1)
        #expect(breaker.snapshot().calls == 0)
    }

    @Test func answerThatIsNoneIsAFailureOfTheService() async throws {
        let transport = ScriptedTransport(.json(#"{"choices":[{"message":7}]}"#), .completion())
        _ = try await client(transport).chat(request)
        #expect(transport.calls == 2)
        #expect(breaker.snapshot().failures == 1)
    }

    @Test func openBreakerRefusesWithoutACall() async throws {
        let transport = ScriptedTransport(.error(500))
        let client = try client(transport, attempts: 2)
        await #expect(throws: ProviderError.self) { try await client.chat(request) }
        #expect(breaker.state == .open)
        await #expect(throws: CircuitBreakerError.self) { try await client.chat(request) }
        await #expect(throws: CircuitBreakerError.self) { try await client.stream(request) }
        #expect(transport.calls == 2)
    }

    @Test func rateLimiterSpacesEveryAttempt() async throws {
        let limiter = try RateLimiter.slidingWindow("test", limit: 1, per: .seconds(3600), maxWait: .zero)
        let transport = ScriptedTransport(.error(500), .completion())
        let client = try client(transport, rateLimiter: limiter)
        let error = await #expect(throws: ProviderError.self) { try await client.chat(request) }
        #expect(
            error?.classification.errorClass == .transient, "what the service said, not that a repetition was refused")
        #expect(transport.calls == 1)
        #expect(breaker.snapshot().calls == 1, "a refusal by the limiter says nothing about the service")
    }

    @Test func openBreakerRefusesBeforeTheLimiterIsAsked() async throws {
        let limiter = try RateLimiter.slidingWindow("test", limit: 1, per: .seconds(3600), maxWait: .zero)
        let client = try client(ScriptedTransport(.completion()), rateLimiter: limiter)
        try breaker.transition(to: .open)
        await #expect(throws: CircuitBreakerError.self) { try await client.chat(request) }
        await #expect(throws: CircuitBreakerError.self) { try await client.stream(request) }
        #expect(limiter.tryAcquire())
    }

    @Test func callerWhoGoesEndsTheExchangeAndIsIgnored() async throws {
        let transport = ScriptedTransport(.silence)
        let client = try client(transport)
        let task = Task { [request] in try await client.chat(request) }
        await transport.waitForCalls(1)
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(transport.cancellations == 1)
        #expect(breaker.snapshot().calls == 0)
    }

    @Test func keyIsNotRepeatedInErrors() async throws {
        let transport = ScriptedTransport(.error(401, "Incorrect API key provided: key-for-tests"))
        let client = try client(transport)
        let error = await #expect(throws: ProviderError.self) { try await client.chat(request) }
        #expect(error?.description.contains("key-for-tests") == false)
    }

    @Test func shutdownClosesTheTransport() async throws {
        let transport = ScriptedTransport(.completion())
        await (try client(transport)).shutdown()
        #expect(transport.shutdowns == 1)
    }

    @Test func defaultsAreValid() async throws {
        let client = try ResilientLLMClient("openai", ProviderEndpoint.openAI())
        #expect(client.circuitBreaker.name == "openai")
        await client.shutdown()
    }

    // MARK: Streams

    @Test func streamGivesItsChunksAndCountsWhenItEnds() async throws {
        let transport = ScriptedTransport(
            .stream(Text.role, Text.token("a") + Text.token("b"), Text.finish + Text.usage, Text.done))
        let stream = try await client(transport).stream(request)
        #expect(String(buffer: transport.requests[0].body).hasSuffix(#""stream":true}"#))
        #expect(breaker.snapshot().calls == 0, "nothing is known before the end")
        #expect(try await texts(stream) == ["a", "b"])
        #expect(breaker.snapshot().calls == 1)
        #expect(breaker.snapshot().failures == 0)
        #expect(transport.cancellations == 0)
    }

    @Test func streamIsTriedAgainUntilItsFirstToken() async throws {
        let transport = ScriptedTransport(
            .error(503), .stream(Text.role), .stream(Text.token("a"), Text.finish, Text.done))
        let breakerless = CircuitBreaker("b", .llm)
        let client = try ResilientLLMClient(
            "test", ProviderEndpoint.openAI(), transport: transport, circuitBreaker: breakerless,
            retry: RetryPolicy("test", RetryConfiguration(backoff: .fixed(.zero))))
        let stream = try await client.stream(request)
        #expect(try await texts(stream) == ["a"])
        #expect(transport.calls == 3)
        #expect(breakerless.snapshot().failures == 2)
    }

    @Test func streamThatBreaksOffLaterThrowsAndIsNotTriedAgain() async throws {
        let transport = ScriptedTransport(.stream(Text.token("a"), Text.token("b")))
        var iterator = try await client(transport).stream(request).makeAsyncIterator()
        #expect(try await iterator.next()?.choices.first?.delta.content == "a")
        #expect(try await iterator.next()?.choices.first?.delta.content == "b")
        let error = await #expect(throws: ProviderError.self) { try await iterator.next() }
        #expect(error?.kind == .truncatedStream)
        #expect(try await iterator.next() == nil)
        #expect(transport.calls == 1)
        #expect(breaker.snapshot().failures == 1)
    }

    @Test func chunkOfAWrongShapeEndsTheStream() async throws {
        let transport = ScriptedTransport(
            .stream(Text.token("a"), Text.event(#"{"choices":7}"#), Text.finish, ending: .open))
        var iterator = try await client(transport).stream(request).makeAsyncIterator()
        _ = try await iterator.next()
        let error = await #expect(throws: ProviderError.self) { try await iterator.next() }
        #expect(error?.kind == .malformedAnswer)
        #expect(transport.cancellations == 1)
        #expect(breaker.snapshot().failures == 1)
    }

    @Test func readerWhoWalksAwayEndsTheExchangeAndIsIgnored() async throws {
        let transport = ScriptedTransport(.stream(Text.token("a"), Text.token("b"), ending: .open))
        let client = try client(transport)
        for try await _ in try await client.stream(request) { break }
        #expect(transport.cancellations == 1)
        #expect(breaker.snapshot().calls == 0)
    }

    @Test func streamThatNobodyReadsIsEndedToo() async throws {
        let transport = ScriptedTransport(.stream(Text.token("a"), ending: .open))
        _ = try await client(transport).stream(request)
        #expect(transport.cancellations == 1)
        #expect(breaker.snapshot().calls == 0)
    }

    @Test func cancelledReaderIsIgnored() async throws {
        let loop = TimerLoop()
        let transport = ScriptedTransport([.stream(Text.token("a"), ending: .open)], eventLoop: loop)
        let stream = try await client(transport).stream(request)
        let reading = Task { try await texts(stream) }
        _ = await loop.nextTimer()
        reading.cancel()
        await #expect(throws: CancellationError.self) { try await reading.value }
        #expect(transport.cancellations == 1)
        #expect(breaker.snapshot().calls == 0)
    }

    @Test func streamIsReadOnce() async throws {
        let transport = ScriptedTransport(.stream(Text.token("a"), Text.finish, Text.done))
        let stream = try await client(transport).stream(request)
        #expect(try await texts(stream) == ["a"])
        await #expect(throws: ChatCompletionStreamError.alreadyRead) { try await texts(stream) }
    }

    @Test func halfOpenBreakerHoldsTheProbeUntilTheStreamEnds() async throws {
        let clock = TestClock()
        let breaker = CircuitBreaker(
            "test",
            try CircuitBreakerConfiguration(
                consecutiveFailures: 1, recoveryTimeout: .seconds(10), recoveryJitter: 0, halfOpenMaxCalls: 1),
            clock: clock)
        let transport = ScriptedTransport(.error(500), .stream(Text.token("a"), Text.finish, Text.done))
        let client = try ResilientLLMClient(
            "test", ProviderEndpoint.openAI(), transport: transport, circuitBreaker: breaker,
            retry: RetryPolicy("test", RetryConfiguration(maxAttempts: 1)))
        await #expect(throws: ProviderError.self) { try await client.chat(request) }
        clock.advance(by: .seconds(10))
        let stream = try await client.stream(request)
        #expect(breaker.state == .halfOpen)
        await #expect(throws: CircuitBreakerError.self) { try await client.stream(request) }
        #expect(try await texts(stream) == ["a"])
        #expect(breaker.state == .closed)
    }

    @Test func longStreamIsNoSlowCall() async throws {
        let clock = TestClock()
        let breaker = CircuitBreaker(
            "test", try CircuitBreakerConfiguration(slowCallDuration: .seconds(10)), clock: clock)
        let transport = ScriptedTransport(.stream(Text.token("a"), Text.finish, Text.done))
        let client = try ResilientLLMClient(
            "test", ProviderEndpoint.openAI(), transport: transport, circuitBreaker: breaker)
        let stream = try await client.stream(request)
        clock.advance(by: .seconds(60))
        #expect(try await texts(stream) == ["a"])
        #expect(breaker.snapshot().calls == 1)
        #expect(breaker.snapshot().slowCalls == 0)
    }

    @Test func totalOfAStreamEndsItAndIsNoFailureWhileTokensCome() async throws {
        let loop = TimerLoop()
        let time = ManualTime()
        let transport = ScriptedTransport([.stream(Text.token("a"), ending: .open)], eventLoop: loop)
        let client = try ResilientLLMClient(
            "test", ProviderEndpoint.openAI(), transport: transport, circuitBreaker: breaker,
            limits: ExchangeLimits(streamTotal: .seconds(20)), now: { time.now })
        let stream = try await client.stream(request)
        async let failure = #expect(throws: ProviderError.self) { try await texts(stream) }
        let timer = await loop.nextTimer()
        #expect(timer.delay == .seconds(20))
        timer.fire()
        let error = await failure
        #expect(error?.kind == .timeout(.total))
        #expect(breaker.snapshot().calls == 0)
    }

    // MARK: Together

    @Test func clientsStandInForEachOther() async throws {
        let claude = try client(ScriptedTransport(.error(503)), model: "claude", attempts: 1, name: "claude")
        let openai = try client(ScriptedTransport(.completion("from openai")), model: "gpt", name: "openai")
        let clients: [any LLMClient] = [claude, openai]
        let reply = try await Fallback().execute(over: clients) { try await $0.chat(request) }
        #expect(reply.target == 1)
        #expect(reply.value.choices.first?.message.content?.text == "from openai")
        #expect((reply.errors.first as? ProviderError)?.target == "claude/claude")
    }

    @Test func pipelineAroundClientsFallsBack() async throws {
        let claude = try client(ScriptedTransport(.error(503)), attempts: 1, name: "claude")
        let openai = try client(ScriptedTransport(.stream(Text.token("b"), Text.finish, Text.done)), name: "openai")
        let pipeline = try ResiliencePipeline("chat") { try TimeLimiter(.seconds(3600)) }
        let request = request
        let stream = try await pipeline.execute {
            try await claude.stream(request)
        } fallback: { _ in
            try await openai.stream(request)
        }
        #expect(try await texts(stream) == ["b"])
    }

    @Test func wrongRequestDoesNotGoToTheNextClient() async throws {
        let second = ScriptedTransport(.completion())
        let clients: [any LLMClient] = [try client(ScriptedTransport(.error(400))), try client(second)]
        await #expect(throws: ProviderError.self) {
            try await Fallback().execute(over: clients) { try await $0.chat(request) }
        }
        #expect(second.calls == 0)
    }
}
