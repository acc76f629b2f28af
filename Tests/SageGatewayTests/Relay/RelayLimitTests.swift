import HTTPTypes
import NIOCore
import SageLLM
import SageResilience
import SageStorage
import SageTesting
import TestSupport
import Testing

@testable import SageGateway

struct RelayLimitTests {
    @Test func aRequestGoesAtOnceToATargetThatHasRoom() async throws {
        let (first, second) = (ScriptedTransport(.completion("one")), ScriptedTransport(.completion("two")))
        let fixture = try RelayFixture([("a", first), ("b", second)]) {
            $0.providers["a"]?.limits = .init(requestsPerMinute: 1)
        }
        #expect(try await fixture.answer(fixture.request()).contains("one"))
        let report = fixture.report()
        #expect(try await fixture.answer(fixture.request(), report).contains("two"))
        #expect(report.current.attempts == 1 && report.current.target == "b/m")
        #expect(fixture.target("a/m").limits.own == nil)
        for _ in 0..<5 { _ = try await fixture.answer(fixture.request()) }
        #expect(
            fixture.target("a/m").limits.shared?.requests?.snapshot().rejected == 0,
            "who is served elsewhere is not refused")
    }

    @Test func withoutRoomAnywhereTheRequestIsRefused() async throws {
        let fixture = try RelayFixture([
            ("a", ScriptedTransport(.completion("one"))), ("b", ScriptedTransport(.completion("two"))),
        ]) {
            $0.providers["a"]?.limits = .init(requestsPerMinute: 1)
            $0.providers["b"]?.models["m"] = .init(limits: .init(requestsPerMinute: 1))
        }
        _ = try await fixture.answer(fixture.request())
        fixture.clock.advance(by: .seconds(10))
        _ = try await fixture.answer(fixture.request())
        let report = fixture.report()
        let error = await #expect(throws: GatewayError.self) { try await fixture.answer(fixture.request(), report) }
        #expect(error?.code == .rateLimited && error?.status == 429)
        #expect(error?.retryAfter == .seconds(50), "the shorter of both")
        #expect(report.current.attempts == 0)
        #expect(fixture.target("a/m").limits.shared?.requests?.snapshot().rejected == 1)
        #expect(fixture.target("b/m").limits.own?.requests?.snapshot().rejected == 1)
    }

    @Test func aRequestWaitsForItsTurn() async throws {
        let fixture = try RelayFixture(ScriptedTransport(.completion("one"))) {
            $0.providers["a"]?.limits = .init(requestsPerMinute: 1)
        }
        _ = try await fixture.answer(fixture.request())
        fixture.clock.advance(by: .seconds(57))
        async let second = fixture.answer(fixture.request())
        await fixture.clock.waitForTimer(due: .seconds(3))
        fixture.clock.advance(by: .seconds(3))
        #expect(try await second.contains("one"))
        #expect(fixture.target("a/m").limits.shared?.requests?.snapshot().rejected == 0, "it was served in the end")
    }

    @Test func aBusyTargetRefusesWith503() async throws {
        let fixture = try RelayFixture(ScriptedTransport(.completion("one"))) {
            $0.providers["a"]?.limits = .init(maxConcurrent: 1, maxQueued: 0)
        }
        var holder = fixture.target("a/m").limits.tryAcquire(1)
        #expect(holder != nil)
        let error = await #expect(throws: GatewayError.self) { try await fixture.answer(fixture.request()) }
        #expect(error?.code == .overloaded && error?.status == 503)
        #expect(error?.headers[.retryAfter] == "1")
        holder = nil
        _ = try await fixture.answer(fixture.request())
    }

    @Test func aPlaceIsHeldToTheEndOfAStream() async throws {
        let fixture = try RelayFixture(
            ScriptedTransport(.stream(ChatText.token("one"), ChatText.finish, ChatText.usage, ChatText.done))
        ) {
            $0.providers["a"]?.limits = .init(maxConcurrent: 1)
        }
        let bulkhead = try #require(fixture.target("a/m").limits.shared?.concurrency)
        var stream: RelayedStream? = try await fixture.stream(fixture.request(stream: true))
        #expect(bulkhead.snapshot().inFlight == 1)
        _ = try await stream?.readAll()
        stream = nil
        #expect(bulkhead.snapshot().inFlight == 0)
    }

    @Test func aStreamWithoutUsageCostsWhatItsRequestIsGuessedAtAndItsTokens() async throws {
        let fixture = try RelayFixture(
            ScriptedTransport(.stream(ChatText.token("one"), ChatText.token("two"), ChatText.finish, ChatText.done))
        ) {
            $0.providers["a"]?.limits = .init(tokensPerMinute: 100_000)
        }
        let request = try fixture.request(stream: true)
        var stream: RelayedStream? = try await fixture.stream(request)
        _ = try await stream?.readAll()
        stream = nil
        let tokens = try #require(fixture.target("a/m").limits.shared?.tokens)
        #expect(tokens.snapshot().availablePermits == 100_000 - TokenEstimate.input(request.body) - 2)
    }

    @Test func anOpenBreakerGivesBackWhatTheLimitsGave() async throws {
        let fixture = try RelayFixture(ScriptedTransport(.completion("one"))) {
            $0.providers["a"]?.limits = .init(requestsPerMinute: 10, tokensPerMinute: 100_000, maxConcurrent: 2)
        }
        fixture.target("a/m").breaker.open(for: .seconds(60))
        let error = await #expect(throws: GatewayError.self) { try await fixture.answer(fixture.request()) }
        #expect(error?.code == .circuitOpen)
        let set = try #require(fixture.target("a/m").limits.shared)
        #expect(set.requests?.snapshot().availablePermits == 10)
        #expect(set.tokens?.snapshot().availablePermits == 100_000)
        #expect(set.concurrency?.snapshot().inFlight == 0)
    }

    @Test func tokensAreSettledByTheUsageThatTheAnswerTells() async throws {
        let reply =
            #"{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"#
            + #""message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}],"#
            + #""usage":{"prompt_tokens":30,"completion_tokens":12,"total_tokens":42}}"#
        let fixture = try RelayFixture(ScriptedTransport(.json(reply))) {
            $0.providers["a"]?.limits = .init(tokensPerMinute: 6_000)
        }
        _ = try await fixture.answer(fixture.request())
        #expect(fixture.target("a/m").limits.shared?.tokens?.snapshot().availablePermits == 6_000 - 42)
    }

    private static func limits(_ remaining: Int, reset: String) throws -> HTTPFields {
        [
            try #require(HTTPField.Name("x-ratelimit-remaining-requests")): String(remaining),
            try #require(HTTPField.Name("x-ratelimit-reset-requests")): reset,
        ]
    }

    @Test func whatTheProviderNoLongerGrantsIsNotAskedFor() async throws {
        let exhausted = ScriptedReply.json(ChatText.completion("one"), headers: try Self.limits(0, reset: "20s"))
        let (first, second) = (ScriptedTransport(exhausted), ScriptedTransport(.completion("two")))
        let fixture = try RelayFixture([("a", first), ("b", second)])
        #expect(try await fixture.answer(fixture.request()).contains("one"))
        #expect(try await fixture.answer(fixture.request()).contains("two"))
        fixture.clock.advance(by: .seconds(20))
        #expect(try await fixture.answer(fixture.request()).contains("one"))
    }

    @Test func aKeyOfSeveralRestsWhenNothingIsLeftOfItsLimits() async throws {
        let exhausted = ScriptedReply.json(ChatText.completion("one"), headers: try Self.limits(0, reset: "20s"))
        let fixture = try RelayFixture(ScriptedTransport(exhausted, .completion("two"))) {
            $0.providers["a"]?.apiKey = nil
            $0.providers["a"]?.apiKeys = [Secret("key-1"), Secret("key-2")]
        }
        _ = try await fixture.answer(fixture.request())
        let target = fixture.target("a/m")
        let now = target.breaker.timeline.now
        #expect(target.availability(now: now) == .ready)
        #expect(target.keys.states(now: now).filter { $0 == .usable }.count == 1)
        #expect(try await fixture.answer(fixture.request()).contains("two"))
    }

    @Test func aRefusalThatGeneratedNothingCostsNoTokens() async throws {
        let fixture = try RelayFixture(ScriptedTransport(.error(400))) {
            $0.providers["a"]?.limits = .init(requestsPerMinute: 10, tokensPerMinute: 6_000)
        }
        await #expect(throws: GatewayError.self) { try await fixture.answer(fixture.request()) }
        let set = try #require(fixture.target("a/m").limits.shared)
        #expect(set.tokens?.snapshot().availablePermits == 6_000)
        #expect(set.requests?.snapshot().availablePermits == 9)
    }
}

struct RelaySharedLimitTests {
    @Test func aTargetWhoseSharedLimitIsUsedUpElsewhereIsPassedOver() async throws {
        let clock = TestClock()
        let store = FickleStateStore(clock)
        func fixture() throws -> RelayFixture {
            try RelayFixture(
                [("a", ScriptedTransport(.completion("one"))), ("b", ScriptedTransport(.completion("two")))],
                sharing: store
            ) { $0.providers["a"]?.limits = .init(requestsPerMinute: 3) }
        }
        let all = try [fixture(), fixture()]
        var texts: [String] = []
        for index in 0..<6 { texts.append(try await all[index % 2].answer(all[index % 2].request())) }
        #expect(texts.filter { $0.contains("one") }.count == 3)
        #expect(texts.suffix(3).allSatisfy { $0.contains("two") })
        #expect(!all[0].target("b/m").limits.isShared)
    }

    @Test func aStoreThatIsAwayIsNeitherTheProvidersFaultNorTheClients() async throws {
        let store = FickleStateStore(TestClock())
        store.presence = .away
        let fixture = try RelayFixture([("a", ScriptedTransport(.completion("one")))], sharing: store) {
            $0.providers["a"]?.limits = .init(requestsPerMinute: 5)
        }
        for _ in 0..<5 { #expect(try await fixture.answer(fixture.request()).contains("one")) }
        let error = await #expect(throws: GatewayError.self) { try await fixture.answer(fixture.request()) }
        #expect(error?.code == .rateLimited)
        #expect(error?.retryAfter == .seconds(60))
        #expect(fixture.target("a/m").breaker.snapshot().failures == 0)
    }

    @Test func aHedgeAsksForItsShareToo() async throws {
        let store = FickleStateStore(TestClock())
        let slow = ScriptedTransport(.silence)
        let fixture = try RelayFixture(
            [("a", slow), ("b", ScriptedTransport(.completion("two")))], sharing: store
        ) {
            $0.providers["b"]?.limits = .init(requestsPerMinute: 5)
            $0.policies["default"]?.hedge.delay = .fixed(.milliseconds(500))
        }
        async let answer = fixture.answer(try fixture.request("smart", [.hedge: "true"]))
        await slow.waitForCalls(1)
        await fixture.clock.waitForSleepers(1)
        fixture.clock.advance(by: .milliseconds(500))
        #expect(try await answer.contains("two"))
        #expect(store.questions.takes.map { $0.map(\.account) } == [["b:requests"]])
    }
}
