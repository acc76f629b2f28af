import HTTPTypes
import NIOCore
import SageLLM
import SageResilience
import SageTesting
import TestSupport
import Testing

@testable import SageGateway

struct RequestRelayTests {
    typealias Text = ChatText

    // MARK: Success and fallback

    @Test func answerOfTheFirstTargetIsPassedOn() async throws {
        let transport = ScriptedTransport(.completion("hello"))
        let fixture = try RelayFixture(transport)
        let report = fixture.report()
        #expect(try await fixture.answer(fixture.request(), report) == Text.completion("hello"))
        let sent = try #require(transport.requests.first)
        #expect(sent.url == "http://a/v1/chat/completions")
        #expect(sent.headers[.authorization] == "Bearer secret-key-of-a")
        #expect(String(buffer: sent.body).contains(#""model":"m""#))
        #expect(report.current.target == "a/m")
        #expect(report.current.attempts == 1)
        #expect(report.current.fallbacks == 0)
        #expect(report.current.usage?.total != nil)
        #expect(fixture.target("a/m").breaker.snapshot().calls == 1)
    }

    @Test(
        arguments: [
            .error(500), .error(503), .error(429), .error(401), .error(402), .error(404),
            .failure(.connection(.connectFailed)), .failure(.responseHeadersTimeout), .json("<html>"), .json("{}"),
        ] as [ScriptedReply])
    func peerTakesOverAtOnce(reply: ScriptedReply) async throws {
        let second = ScriptedTransport(.completion("from b"))
        let fixture = try RelayFixture([("a", ScriptedTransport(reply)), ("b", second)])
        let report = fixture.report()
        // Nobody moves the clock: a wait would hang.
        #expect(try await fixture.answer(fixture.request(), report) == Text.completion("from b"))
        #expect(report.current.target == "b/m")
        #expect(report.current.attempts == 2)
        #expect(report.current.fallbacks == 1)
    }

    @Test(
        arguments: [
            .error(500), .stream(Text.role, Text.error()), .stream(Text.role), .stream("<html></html>"),
            .stream("data: nonsense\n\n"), .json(Text.completion()),
        ] as [ScriptedReply])
    func streamFailsOverUntilItsFirstToken(reply: ScriptedReply) async throws {
        let second = ScriptedTransport(.stream(Text.token("b"), Text.finish, Text.done))
        let fixture = try RelayFixture([("a", ScriptedTransport(reply)), ("b", second)])
        let stream = try await fixture.stream(fixture.request(stream: true))
        #expect(try await stream.readAll() == Text.token("b") + Text.finish + Text.done)
    }

    // MARK: Retrying

    @Test func onlyTargetIsTriedAgainAfterTheBackoff() async throws {
        let transport = ScriptedTransport(.error(503), .error(503), .completion("hello"))
        let fixture = try RelayFixture(transport)
        let report = fixture.report()
        let request = try fixture.request()
        let answer = Task { try await fixture.answer(request, report) }
        #expect(await fixture.clock.nextTimerScheduled().offset == .milliseconds(100))
        #expect(fixture.target("a/m").budget.activeRetries == 1)
        fixture.clock.advance(by: .milliseconds(100))
        #expect(await fixture.clock.nextTimerScheduled().offset == .milliseconds(300))
        fixture.clock.advance(by: .milliseconds(200))
        #expect(try await answer.value == Text.completion("hello"))
        #expect(report.current.attempts == 3)
        #expect(report.current.fallbacks == 0)
        #expect(fixture.target("a/m").budget.activeRetries == 0)
        #expect(fixture.target("a/m").budget.activeCalls == 0)
    }

    @Test func hintOfTheServerIsWaitedForAndRemembered() async throws {
        let transport = ScriptedTransport(.error(429, headers: [.retryAfter: "7"]), .completion())
        let fixture = try RelayFixture(transport)
        let first = try fixture.request()
        let answer = Task { try await fixture.answer(first) }
        #expect(await fixture.clock.nextTimerScheduled().offset == .seconds(7))
        let other = Task { try await fixture.answer(first) }
        #expect(await fixture.clock.nextTimerScheduled().offset == .seconds(7), "another request waits as well")
        #expect(transport.calls == 1)
        fixture.clock.advance(by: .seconds(7))
        _ = try await answer.value
        _ = try await other.value
        #expect(transport.calls == 3)
    }

    @Test func cancelledWaitGivesEverythingBack() async throws {
        let fixture = try RelayFixture(ScriptedTransport(.error(503)))
        let request = try fixture.request()
        let answer = Task { try await fixture.answer(request) }
        await fixture.clock.nextTimerScheduled()
        answer.cancel()
        await #expect(throws: CancellationError.self) { try await answer.value }
        #expect(fixture.target("a/m").budget.activeRetries == 0)
        #expect(fixture.target("a/m").budget.activeCalls == 0)
    }

    @Test(arguments: [(0, 4), (1, 3), (3, 1), (4, 1), (1_000_000, 1)])
    func attemptsOfTheClientsLibraryCount(previous: Int, expected: Int) async throws {
        let transport = ScriptedTransport(.error(500))
        let fixture = try RelayFixture([("a", transport)]) {
            $0.policies["default"]?.retry.initialDelay = .zero
            $0.policies["default"]?.retry.maxDelay = .zero
            $0.policies["default"]?.breaker.consecutiveFailures = nil
        }
        let request = try fixture.request([.init("x-stainless-retry-count")!: "\(previous)"])
        let error = await #expect(throws: GatewayError.self) { try await fixture.answer(request) }
        #expect(transport.calls == expected)
        #expect(error?.forbidsRetry == true)
    }

    @Test func attemptsOfAllTargetsTogetherAreLimited() async throws {
        let transports = ["a", "b", "c", "d", "e", "f"].map { ($0, ScriptedTransport(.error(500))) }
        let fixture = try RelayFixture(transports)
        let request = try fixture.request()
        await #expect(throws: GatewayError.self) { try await fixture.answer(request) }
        #expect(transports.map(\.1.calls) == [1, 1, 1, 1, 0, 0])
    }

    @Test func clientCanForbidRetryAndFallback() async throws {
        let a = ScriptedTransport(.error(500))
        let b = ScriptedTransport(.error(500))
        let fixture = try RelayFixture([("a", a), ("b", b)])
        let noRetry = try fixture.request([.init("x-sage-no-retry")!: "true"])
        await #expect(throws: GatewayError.self) { try await fixture.answer(noRetry) }
        #expect([a.calls, b.calls] == [1, 1])
        let neither = try fixture.request([
            .init("x-sage-no-retry")!: "true", .init("x-sage-no-fallback")!: "true",
        ])
        await #expect(throws: GatewayError.self) { try await fixture.answer(neither) }
        #expect([a.calls, b.calls] == [2, 1])
    }

    // MARK: Errors that the client gets

    @Test func clientsMistakeIsPassedOnAfterOneCall() async throws {
        let a = ScriptedTransport(.error(400, "bad temperature", type: "invalid_request_error", code: "bad"))
        let b = ScriptedTransport(.completion())
        let fixture = try RelayFixture([("a", a), ("b", b)])
        let request = try fixture.request()
        let error = try #require(await #expect(throws: GatewayError.self) { try await fixture.answer(request) })
        #expect([a.calls, b.calls] == [1, 0])
        #expect(error.status == 400)
        #expect(error.message == "bad temperature")
        #expect(error.envelope.error.codeText == "bad")
        #expect(error.envelope.error.upstream?.target == "a/m")
        #expect(fixture.target("a/m").breaker.snapshot().calls == 0)
    }

    @Test func mistakeInsideAnAnswerOf200IsTheClientsToo() async throws {
        let a = ScriptedTransport(.json(#"{"error":{"message":"bad temperature","code":400}}"#))
        let b = ScriptedTransport(.completion())
        let fixture = try RelayFixture([("a", a), ("b", b)])
        let request = try fixture.request()
        let error = await #expect(throws: GatewayError.self) { try await fixture.answer(request) }
        #expect(error?.status == 400)
        #expect(b.calls == 0)
    }

    @Test func usedUpQuotaIsCalledOnceAndForbidsARetry() async throws {
        let transport = ScriptedTransport(.error(429, "You exceeded your current quota", code: "insufficient_quota"))
        let fixture = try RelayFixture(transport)
        let request = try fixture.request()
        let error = await #expect(throws: GatewayError.self) { try await fixture.answer(request) }
        #expect(transport.calls == 1)
        #expect(error?.code == .quotaExhausted)
        #expect(error?.headers[.shouldRetry] == "false")
    }

    @Test func errorOfTheLastTargetIsTheAnswer() async throws {
        let fixture = try RelayFixture([
            ("a", ScriptedTransport(.error(401))), ("b", ScriptedTransport(.error(404, "no model m"))),
        ])
        let request = try fixture.request()
        let error = await #expect(throws: GatewayError.self) { try await fixture.answer(request) }
        #expect(error?.status == 404)
        #expect(error?.upstream?.target == "b/m")
    }

    @Test func hintAboveTheCapIsHandedToTheClientAtOnce() async throws {
        let transport = ScriptedTransport(.error(429, headers: [.retryAfter: "90"]))
        let fixture = try RelayFixture(transport)
        let request = try fixture.request()
        let error = await #expect(throws: GatewayError.self) { try await fixture.answer(request) }
        #expect(error?.code == .rateLimited)
        #expect(error?.headers[.retryAfter] == "60")
        #expect(error?.forbidsRetry == false)
        let again = await #expect(throws: GatewayError.self) { try await fixture.answer(request) }
        #expect(again?.code == .rateLimited)
        #expect(transport.calls == 1, "a paused target is not called")
    }

    @Test(arguments: [(429, "rate_limited"), (503, "overloaded"), (529, "overloaded")])
    func refusalOfAPausedTargetNamesTheFailureThatPausedIt(status: Int, word: String) async throws {
        let transport = ScriptedTransport(
            .error(status, "of somebody's secret plan", headers: [.retryAfter: "30", .init("x-request-id")!: "req_9"]))
        let fixture = try RelayFixture(transport) { $0.policies["default"]?.retry.maxServerHint = .seconds(10) }
        let request = try fixture.request()
        await #expect(throws: GatewayError.self) { try await fixture.answer(request) }
        fixture.clock.advance(by: .milliseconds(500))
        let error = try #require(await #expect(throws: GatewayError.self) { try await fixture.answer(request) })
        #expect(transport.calls == 1)
        #expect(error.headers[.retryAfter] == "30")
        #expect(error.message.contains("for 30 s; a/m answered with status \(status) (\(word)) before"))
        #expect(error.upstream?.status == status && error.upstream?.target == "a/m")
        #expect(error.upstream?.requestID == nil, "that was another request")
        #expect(!error.envelope.json.description.contains("plan"))
    }

    @Test func pauseByTheHeadersOfAnAnswerHasNoFailureToName() async throws {
        let exhausted = ScriptedReply.json(
            ChatText.completion("one"),
            headers: [
                .init("x-ratelimit-remaining-requests")!: "0", .init("x-ratelimit-reset-requests")!: "90s",
            ])
        let transport = ScriptedTransport(.error(429, headers: [.retryAfter: "1"]), exhausted)
        let fixture = try RelayFixture(transport) {
            $0.providers["a"]?.apiKey = nil
            $0.providers["a"]?.apiKeys = [Secret("one"), Secret("two")]
        }
        _ = try await fixture.answer(fixture.request())
        fixture.clock.advance(by: .seconds(1))
        _ = try await fixture.answer(fixture.request())
        let error = try #require(
            await #expect(throws: GatewayError.self) { try await fixture.answer(fixture.request()) })
        #expect(error.message == "every target has asked not to be called for more than 60 s")
        #expect(error.upstream == nil)
    }

    @Test func secretsDoNotReachTheClient() async throws {
        let fixture = try RelayFixture(ScriptedTransport(.error(401, "wrong key: secret-key-of-a")))
        let report = fixture.report()
        let request = try fixture.request()
        let error = try #require(
            await #expect(throws: GatewayError.self) { try await fixture.answer(request, report) })
        report.end(.init(error), status: error.status, error: error)
        #expect(!error.envelope.json.description.contains("secret-key"))
        #expect(!fixture.log.entries.description.contains("secret-key"))
    }

    @Test func alternativeServesWhatTheModelCannot() async throws {
        let a = ScriptedTransport(.error(400, "too long", code: "context_length_exceeded"))
        let b = ScriptedTransport(.completion("from b"))
        let fixture = try RelayFixture([("a", a), ("b", b)]) { configuration in
            configuration.models["smart"]?.targets = [.init(provider: "a", model: "m")]
            configuration.models["smart"]?.fallbacks.contextWindow = ["long"]
            configuration.models["long"] = GatewayConfiguration.Model(targets: [.init(provider: "b", model: "big")])
        }
        #expect(try await fixture.answer(fixture.request()) == Text.completion("from b"))
        #expect(String(buffer: b.requests[0].body).contains(#""model":"big""#))
        let request = try fixture.request([.init("x-sage-no-fallback")!: "true"])
        let error = await #expect(throws: GatewayError.self) { try await fixture.answer(request) }
        #expect(error?.envelope.error.codeText == "context_length_exceeded")
    }

    // MARK: Circuit breakers

    @Test func breakerOpensRefusesAndProbes() async throws {
        let transport = ScriptedTransport(.error(500))
        let fixture = try RelayFixture([("a", transport)]) { $0.policies["default"]?.breaker.halfOpenMaxCalls = 1 }
        let once = try fixture.request([.init("x-sage-no-retry")!: "true"])
        for _ in 0..<3 { await #expect(throws: GatewayError.self) { try await fixture.answer(once) } }
        #expect(fixture.target("a/m").breaker.state == .open)
        let error = await #expect(throws: GatewayError.self) { try await fixture.answer(once) }
        #expect(error?.code == .circuitOpen)
        #expect(error?.status == 503)
        #expect(error?.headers[.retryAfter] != nil)
        #expect(error?.headers[.shouldRetry] == nil)
        #expect(transport.calls == 3)
        fixture.clock.advance(by: .seconds(40))
        transport.script(.completion("back"))
        #expect(try await fixture.answer(once) == Text.completion("back"))
        #expect(fixture.target("a/m").breaker.state == .closed)
    }

    @Test(arguments: [400, 401, 404, 429])
    func whatIsNotTheProvidersFaultDoesNotCount(status: Int) async throws {
        let fixture = try RelayFixture(ScriptedTransport(.error(status)))
        let request = try fixture.request([.init("x-sage-no-retry")!: "true"])
        for _ in 0..<5 { await #expect(throws: GatewayError.self) { try await fixture.answer(request) } }
        #expect(fixture.target("a/m").breaker.state == .closed)
        #expect(fixture.target("a/m").breaker.snapshot().failures == 0)
    }

    @Test func clientThatGoesIsIgnoredAndEndsTheExchange() async throws {
        let transport = ScriptedTransport(.silence)
        let fixture = try RelayFixture(transport)
        let request = try fixture.request()
        let answer = Task { try await fixture.answer(request) }
        await transport.waitForCalls(1)
        #expect(fixture.target("a/m").inFlight == 1)
        answer.cancel()
        await #expect(throws: CancellationError.self) { try await answer.value }
        #expect(transport.cancellations == 1)
        #expect(fixture.target("a/m").inFlight == 0)
        #expect(fixture.target("a/m").budget.activeCalls == 0)
        #expect(fixture.target("a/m").breaker.snapshot().calls == 0)
    }

    /// A client could otherwise open the circuit for everybody by giving providers a millisecond.
    @Test(arguments: ["x-sage-timeout-ms", "x-stainless-read-timeout"])
    func limitOfTheClientSaysNothingAboutTheProvider(field: String) async throws {
        let loop = TimerLoop()
        let transport = ScriptedTransport([.json("{", ending: .open)], eventLoop: loop)
        let fixture = try RelayFixture(transport)
        let request = try fixture.request([.init(field)!: "20", .init("x-sage-no-retry")!: "true"])
        let answer = Task { try await fixture.answer(request) }
        await loop.nextTimer().fire()
        let error = await #expect(throws: GatewayError.self) { try await answer.value }
        #expect(error?.code == .deadlineExceeded)
        #expect(fixture.target("a/m").breaker.snapshot().calls == 0)
    }

    @Test func limitOfThePolicyIsAFailureOfTheProvider() async throws {
        let loop = TimerLoop()
        let transport = ScriptedTransport([.json("{", ending: .open)], eventLoop: loop)
        let fixture = try RelayFixture(transport)
        let request = try fixture.request([.init("x-sage-no-retry")!: "true"])
        let answer = Task { try await fixture.answer(request) }
        await loop.nextTimer().fire()
        await #expect(throws: GatewayError.self) { try await answer.value }
        #expect(fixture.target("a/m").breaker.snapshot().failures == 1)
    }

    /// A target that is called with what an earlier one has left of the deadline could otherwise never satisfy.
    @Test func timeThatAnotherTargetHasUsedUpIsNotHeldAgainstTheLast() async throws {
        let loop = TimerLoop()
        let slow = ScriptedTransport([.json("{", ending: .open)], eventLoop: loop)
        let fixture = try RelayFixture([("a", ScriptedTransport(.error(503))), ("b", slow)]) {
            $0.policies["default"]?.deadline = .seconds(50)
        }
        let request = try fixture.request([.init("x-sage-no-retry")!: "true"])
        let answer = Task { try await fixture.answer(request) }
        await loop.nextTimer().fire()
        await #expect(throws: GatewayError.self) { try await answer.value }
        #expect(slow.calls == 1)
        #expect(fixture.target("a/m").breaker.snapshot().failures == 1)
        #expect(fixture.target("b/m").breaker.snapshot().calls == 0)
    }

    @Test func everyTargetThatIsCalledAgainAsksItsOwnBudget() async throws {
        let (first, second) = (ScriptedTransport(.error(503)), ScriptedTransport(.error(503)))
        let fixture = try RelayFixture([("a", first), ("b", second)]) {
            $0.providers["b"]?.policy = "frugal"
            $0.policies["frugal"] = $0.policies["default"]
            $0.policies["frugal"]?.budget.ratio = 0
            $0.policies["frugal"]?.budget.floor = 0
        }
        let request = try fixture.request()
        let answer = Task { try await fixture.answer(request) }
        await fixture.clock.nextTimerScheduled()
        fixture.clock.advance(by: .seconds(60))
        await first.waitForCalls(2)
        await fixture.clock.nextTimerScheduled()
        fixture.clock.advance(by: .seconds(60))
        await #expect(throws: GatewayError.self) { try await answer.value }
        #expect(second.calls == 1, "its budget allows no retry")
    }
}

extension RelayFixture {
    /// A request with header fields.
    func request(_ headers: HTTPFields) throws -> InboundRequest {
        try request("smart", headers)
    }

    private func request(_ model: String, _ headers: HTTPFields) throws -> InboundRequest {
        try request(model, stream: false, headers)
    }
}
