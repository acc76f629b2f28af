import HTTPTypes
import SageLLM
import SageResilience
import SageTesting
import TestSupport
import Testing

@testable import SageGateway

/// Requests over several keys and over models that take over, from the client to the wire.
@Suite(.timeLimit(.minutes(10)))
struct KeyRotationTests {
    private func fixture(
        keys: [String] = ["one", "two", "three"], _ transport: ScriptedTransport, second: ScriptedTransport? = nil,
        _ change: (inout GatewayConfiguration) -> Void = { _ in }
    ) throws -> RelayFixture {
        try RelayFixture([("a", transport)] + (second.map { [("b", $0)] } ?? [])) {
            $0.providers["a"]?.apiKey = nil
            $0.providers["a"]?.apiKeys = keys.map { Secret($0) }
            change(&$0)
        }
    }

    private func keys(_ transport: ScriptedTransport) -> [String] {
        transport.requests.map { $0.headers[.authorization]?.replacing("Bearer ", with: "") ?? "none" }
    }

    @Test(arguments: [401, 402, 403, 429])
    func answerComesWithTheNextKeyAtOnce(status: Int) async throws {
        let transport = ScriptedTransport(.error(status), .completion())
        let fixture = try fixture(keys: ["one", "two"], transport)
        let report = fixture.report()
        _ = try await fixture.answer(fixture.request(), report)
        #expect(keys(transport) == ["one", "two"])
        #expect(report.current.attempts == 2)
        #expect(report.current.fallbacks == 0)
        #expect(fixture.clock.pendingDeadlines.isEmpty)
    }

    @Test func refusedKeyIsLeftOutByTheNextRequests() async throws {
        let transport = ScriptedTransport(.error(401), .completion())
        let fixture = try fixture(transport)
        for _ in 0..<4 { _ = try await fixture.answer(fixture.request()) }
        #expect(keys(transport) == ["one", "three", "two", "three", "two"])
        #expect(fixture.target("a/m").breaker.state == .closed)
    }

    @Test func whenAllKeysAreRefusedTheNextTargetAnswers() async throws {
        let transport = ScriptedTransport(.error(401))
        let other = ScriptedTransport(.completion())
        let fixture = try fixture(transport, second: other)
        let report = fixture.report()
        _ = try await fixture.answer(fixture.request(), report)
        #expect(Set(keys(transport)) == ["one", "two", "three"])
        #expect(transport.calls == 3)
        #expect(other.calls == 1)
        #expect(report.current.attempts == 4)
        #expect(report.current.fallbacks == 1)
        _ = try await fixture.answer(fixture.request())
        #expect(transport.calls == 3, "dead keys come last, and the other target answers")
    }

    @Test func attemptsAreOneBudgetOverKeysAndTargets() async throws {
        let transport = ScriptedTransport(.error(401))
        let other = ScriptedTransport(.error(500))
        let fixture = try fixture(transport, second: other) { $0.policies["default"]?.retry.maxAttempts = 3 }
        await #expect(throws: GatewayError.self) { try await fixture.answer(fixture.request()) }
        #expect(transport.calls == 3)
        #expect(other.calls == 0)
    }

    @Test func clientsOwnRetriesCountAgainstTheKeysToo() async throws {
        let transport = ScriptedTransport(.error(401))
        let fixture = try fixture(transport)
        let field = try #require(HTTPField.Name("x-stainless-retry-count"))
        await #expect(throws: GatewayError.self) { try await fixture.answer(fixture.request([field: "3"])) }
        #expect(transport.calls == 1)
    }

    @Test func errorOfARefusedKeyTellsNothingOfIt() async throws {
        let fixture = try fixture(keys: ["secret-key-number-1"], ScriptedTransport(.error(401)))
        let error = await #expect(throws: GatewayError.self) { try await fixture.answer(fixture.request()) }
        #expect(error?.code == .upstreamError)
        #expect(error?.forbidsRetry == true)
        #expect(error?.message.contains("secret-key") == false)
    }

    private static func left(_ requests: Int, tokens: Int = 9_999) -> HTTPFields {
        let values = [
            "remaining-requests": "\(requests)", "reset-requests": "20s", "limit-tokens": "10000",
            "remaining-tokens": "\(tokens)", "reset-tokens": "20s",
        ]
        var fields = HTTPFields()
        for (name, value) in values {
            if let name = HTTPField.Name("x-ratelimit-\(name)") { fields[name] = value }
        }
        return fields
    }

    private func answer(_ headers: HTTPFields) -> ScriptedReply { .json(ChatText.completion("one"), headers: headers) }

    @Test func eachKeyIsUsedAsOftenAsItsProviderStillGrants() async throws {
        let transport = ScriptedTransport(answer(Self.left(2)), answer(Self.left(9)), .silence)
        let fixture = try fixture(keys: ["one", "two"], transport, second: ScriptedTransport(.completion("other")))
        for _ in 0..<2 { _ = try await fixture.answer(fixture.request()) }
        // None of these has been answered when the next one is sent.
        let burst = (0..<11).map { _ in Task { try await fixture.answer(fixture.request()) } }
        await transport.waitForCalls(13)
        #expect(keys(transport).dropFirst(2).filter { $0 == "one" }.count == 2)
        #expect(keys(transport).dropFirst(2).filter { $0 == "two" }.count == 9)
        #expect(try await fixture.answer(fixture.request()).contains("other"), "nothing is left of either")
        let now = fixture.target("a/m").breaker.timeline.now
        guard case .paused = fixture.target("a/m").availability(now: now) else {
            Issue.record("the target is not paused")
            return
        }
        for call in burst { call.cancel() }
        for call in burst { await #expect(throws: CancellationError.self) { _ = try await call.value } }
        fixture.clock.advance(by: .seconds(20))
        #expect(fixture.target("a/m").availability(now: fixture.target("a/m").breaker.timeline.now) == .ready)
    }

    @Test func aKeyWithTooFewTokensLeftIsPassedOver() async throws {
        let transport = ScriptedTransport(answer(Self.left(99, tokens: 400)), answer(Self.left(99)), .completion())
        let fixture = try fixture(keys: ["one", "two"], transport)
        for _ in 0..<5 { _ = try await fixture.answer(fixture.request()) }
        #expect(keys(transport) == ["one", "two", "two", "two", "two"], "an answer may have 1000 tokens")
    }

    @Test func whatWasNeverSentIsNotCounted() async throws {
        let transport = ScriptedTransport(
            answer(Self.left(9)), answer(Self.left(1)), .failure(.connection(.connectFailed, detail: "")),
            .failure(.connection(.connectFailed, detail: "")), .completion())
        let fixture = try fixture(keys: ["one", "two"], transport) { $0.policies["default"]?.retry.maxAttempts = 1 }
        for _ in 0..<2 { _ = try await fixture.answer(fixture.request()) }
        for _ in 0..<2 { await #expect(throws: GatewayError.self) { try await fixture.answer(fixture.request()) } }
        let now = fixture.target("a/m").breaker.timeline.now
        #expect(fixture.target("a/m").keys.states(now: now) == [.usable, .usable])
    }

    @Test func aNewerAnswerThatGrantsMoreEndsTheRest() async throws {
        let fixture = try fixture(keys: ["one", "two"], ScriptedTransport(.completion()))
        let target = fixture.target("a/m")
        let (first, second) = (try target.admit(), try target.admit())
        first.learn(from: Self.left(0))
        #expect(target.keys.states(now: .zero).filter { $0 == .usable }.count == 1)
        second.learn(from: Self.left(7))
        let third = try target.admit()
        #expect(third.key == second.key)
        first.learn(from: Self.left(5))
        #expect(target.keys.states(now: .zero) == [.usable, .usable])
    }

    @Test func statusShowsPositionsAndStatesOfKeys() async throws {
        let fixture = try fixture(ScriptedTransport(.error(401), .completion()))
        _ = try await fixture.answer(fixture.request())
        let text = StatusReport(fixture.routes).full.description
        #expect(text.contains(#"{"index":0,"state":"refused","until":"2"#))
        #expect(text.contains(#"{"index":1,"state":"usable","until":null}"#))
        for secret in ["one", "two", "three"] { #expect(!text.contains("\"\(secret)")) }
    }

    @Test func overloadedProviderIsNotAskedWithAnotherKey() async throws {
        let transport = ScriptedTransport(.error(529))
        let other = ScriptedTransport(.completion())
        let fixture = try fixture(transport, second: other)
        _ = try await fixture.answer(fixture.request())
        #expect(transport.calls == 1)
        #expect(other.calls == 1)
    }

    // MARK: Models that take over

    @Test func modelThatTakesOverAnswersWithItsOwnModelsAfterIt() async throws {
        let first = ScriptedTransport(.error(500))
        let second = ScriptedTransport(.error(500))
        let third = ScriptedTransport(.completion())
        let fixture = try RelayFixture([("a", first), ("b", second), ("c", third)]) {
            $0.models["smart"]?.targets = [.init(provider: "a", model: "m")]
            $0.models["smart"]?.fallbacks.general = ["cheap"]
            $0.models["cheap"] = .init(targets: [.init(provider: "b", model: "m")])
            $0.models["cheap"]?.fallbacks.general = ["last"]
            $0.models["last"] = .init(targets: [.init(provider: "c", model: "m"), .init(provider: "a", model: "m")])
        }
        let report = fixture.report()
        _ = try await fixture.answer(fixture.request(), report)
        #expect([first.calls, second.calls, third.calls] == [1, 1, 1])
        #expect(report.current.target == "c/m")
        let noFallback = try #require(HTTPField.Name("x-sage-no-fallback"))
        await #expect(throws: GatewayError.self) {
            try await fixture.answer(
                fixture.request([noFallback: "true", #require(HTTPField.Name("x-sage-no-retry")): "true"]))
        }
        #expect([first.calls, second.calls, third.calls] == [2, 1, 1])
    }

    @Test func alternativesForLongRequestsHaveTheirOwnModelsThatTakeOver() async throws {
        let first = ScriptedTransport(
            .error(400, "too long", code: "context_length_exceeded"))
        let second = ScriptedTransport(.error(500))
        let third = ScriptedTransport(.completion())
        let fixture = try RelayFixture([("a", first), ("b", second), ("c", third)]) {
            $0.models["smart"]?.targets = [.init(provider: "a", model: "m")]
            $0.models["smart"]?.fallbacks.contextWindow = ["long"]
            $0.models["long"] = .init(targets: [.init(provider: "b", model: "m")])
            $0.models["long"]?.fallbacks.general = ["longer"]
            $0.models["longer"] = .init(targets: [.init(provider: "c", model: "m")])
        }
        _ = try await fixture.answer(fixture.request())
        #expect([first.calls, second.calls, third.calls] == [1, 1, 1])
    }

    @Test func answerThatAFilterHasCutStaysAnAnswer() async throws {
        let cut =
            #"{"choices":[{"index":0,"message":{"role":"assistant","content":"I"},"finish_reason":"content_filter"}]}"#
        let first = ScriptedTransport(.json(cut))
        let other = ScriptedTransport(.completion())
        let fixture = try RelayFixture([("a", first), ("b", other)]) {
            $0.models["smart"]?.targets = [.init(provider: "a", model: "m")]
            $0.models["smart"]?.fallbacks.contentPolicy = ["safe"]
            $0.models["safe"] = .init(targets: [.init(provider: "b", model: "m")])
        }
        #expect(try await fixture.answer(fixture.request()).contains("content_filter"))
        #expect(other.calls == 0)
        first.script(.error(400, "filtered", code: "content_filter"))
        _ = try await fixture.answer(fixture.request())
        #expect(other.calls == 1)
    }

    // MARK: Strategies

    @Test func requestsAreSharedByWeight() async throws {
        let first = ScriptedTransport(.completion())
        let second = ScriptedTransport(.completion())
        let fixture = try RelayFixture([("a", first), ("b", second)]) {
            $0.models["smart"]?.strategy = .weighted
            $0.models["smart"]?.targets[0].weight = 3
        }
        let relay = RequestRelay(fixture.routes, random: .seeded(7), clock: fixture.clock)
        for _ in 0..<400 { _ = try await relay.answer(fixture.request(), report: fixture.report()) }
        // 300 expected, standard deviation 8.7.
        #expect((265...335).contains(first.calls))
        #expect(first.calls + second.calls == 400)
    }

    @Test func targetWhoseCircuitIsOpenComesLastWithoutBeingAsked() throws {
        let fixture = try RelayFixture([
            ("a", ScriptedTransport(.completion())), ("b", ScriptedTransport(.completion())),
        ])
        let target = fixture.target("a/m")
        for _ in 0..<3 { try target.admit().fail(ProviderError.truncatedStream(target: "a/m"), now: .zero) }
        #expect(target.breaker.state == .open)
        let route = try #require(fixture.routes.route("smart"))
        func order() -> [String] {
            route.candidates(
                isStream: false, allowsFallback: true, now: target.breaker.timeline.now, random: .constant(0)
            ).targets.map(\.name)
        }
        #expect(order() == ["b/m", "a/m"])
        #expect(target.breaker.snapshot().rejected == 0)
        fixture.clock.advance(by: .seconds(60))
        #expect(order() == ["a/m", "b/m"], "it is time for a probe")
    }
}
