import HTTPTypes
import SageLLM
import SageResilience
import SageTesting
import TestSupport
import Testing

@testable import SageGateway

/// Second calls beside one that takes long, over scripted providers in virtual time.
struct RelayHedgeTests {
    private let safe: HTTPFields = [.hedge: "true"]

    private func fixture(
        _ first: ScriptedTransport, _ second: ScriptedTransport,
        _ change: (inout GatewayConfiguration) -> Void = { _ in }
    ) throws -> RelayFixture {
        try RelayFixture([("a", first), ("b", second)]) { configuration in
            configuration.policies["default"]?.hedge.delay = .fixed(.milliseconds(500))
            change(&configuration)
        }
    }

    @Test func theFasterCallAnswersAndTheOtherIsCancelled() async throws {
        let (slow, fast) = (ScriptedTransport(.silence), ScriptedTransport(.completion("from b")))
        let fixture = try fixture(slow, fast)
        let report = fixture.report()
        async let answer = fixture.answer(try fixture.request("smart", safe), report)
        await slow.waitForCalls(1)
        await fixture.clock.waitForSleepers(1)
        fixture.clock.advance(by: .milliseconds(499))
        #expect(fixture.clock.pendingDeadlines.map(\.offset) == [.milliseconds(500)], "the hedge still waits")
        #expect(fast.calls == 0)
        fixture.clock.advance(by: .milliseconds(1))
        #expect(try await answer.contains("from b"))
        #expect(report.current.target == "b/m")
        #expect(report.current.attempts == 2)
        #expect(fixture.target("a/m").inFlight == 0)
        #expect(fixture.target("b/m").inFlight == 0)
        #expect(fixture.target("a/m").breaker.snapshot().failures == 0, "nobody is to blame")
    }

    @Test func aFirstTokenInTimeNeedsNoSecondCall() async throws {
        let (first, second) = (
            ScriptedTransport(.stream(ChatText.token("a") + ChatText.finish + ChatText.done)),
            ScriptedTransport(.completion())
        )
        let fixture = try fixture(first, second)
        let text = try await fixture.stream(try fixture.request("smart", stream: true, safe)).readAll()
        #expect(text.contains("[DONE]"))
        #expect(second.calls == 0)
        #expect(fixture.target("a/m").inFlight == 0)
    }

    @Test func aFailureOfTheFirstIsFollowedByTheNextTarget() async throws {
        let (first, second) = (ScriptedTransport(.error(503)), ScriptedTransport(.completion("from b")))
        let fixture = try fixture(first, second)
        let report = fixture.report()
        #expect(try await fixture.answer(try fixture.request("smart", safe), report).contains("from b"))
        #expect(report.current.fallbacks == 1)
    }

    /// Three targets of which the first is silent.
    private func three(
        _ second: ScriptedTransport, _ third: ScriptedTransport,
        _ change: (inout GatewayConfiguration) -> Void = { _ in }
    ) throws -> (fixture: RelayFixture, slow: ScriptedTransport) {
        let slow = ScriptedTransport(.silence)
        let fixture = try RelayFixture([("a", slow), ("b", second), ("c", third)]) { configuration in
            configuration.policies["default"]?.hedge.delay = .fixed(.milliseconds(500))
            configuration.policies["default"]?.hedge.maxHedges = 2
            change(&configuration)
        }
        return (fixture, slow)
    }

    /// Sends a request and lets it take as long as a hedge needs.
    private func hedged(
        _ fixture: RelayFixture, _ slow: ScriptedTransport, _ report: RequestReport
    ) async throws -> String {
        async let answer = fixture.answer(try fixture.request("smart", safe), report)
        await slow.waitForCalls(1)
        await fixture.clock.waitForSleepers(1)
        fixture.clock.advance(by: .milliseconds(500))
        return try await answer
    }

    @Test func aHedgeThatFailsIsFollowedByTheNextAtOnce() async throws {
        let second = ScriptedTransport(.error(503))
        let (fixture, slow) = try three(second, ScriptedTransport(.completion("from c")))
        let report = fixture.report()
        #expect(try await hedged(fixture, slow, report).contains("from c"))
        #expect(report.current.target == "c/m")
        #expect(report.current.attempts == 3)
        #expect(second.calls == 1)
        #expect(fixture.target("b/m").breaker.snapshot().failures == 1)
    }

    @Test func aTargetWhoseBreakerIsOpenIsPassedOver() async throws {
        let second = ScriptedTransport(.completion("from b"))
        let (fixture, slow) = try three(second, ScriptedTransport(.completion("from c")))
        fixture.target("b/m").breaker.open(for: .seconds(60))
        let report = fixture.report()
        #expect(try await hedged(fixture, slow, report).contains("from c"))
        #expect(report.current.attempts == 2)
        #expect(second.calls == 0)
        #expect(fixture.target("b/m").budget.activeRetries == 0)
    }

    @Test func aTargetThatIsBusyIsPassedOver() async throws {
        let second = ScriptedTransport(.silence)
        let (fixture, slow) = try three(second, ScriptedTransport(.completion("from c"))) { configuration in
            configuration.providers["b"]?.limits = .init(maxConcurrent: 1)
        }
        let busy = Task { try await fixture.answer(try fixture.request("b/m")) }
        await second.waitForCalls(1)
        #expect(try await hedged(fixture, slow, fixture.report()).contains("from c"))
        #expect(second.calls == 1)
        busy.cancel()
        await #expect(throws: CancellationError.self) { _ = try await busy.value }
    }

    @Test func aStreamHoldsWhatItsHedgeHasTakenOfTheBudget() async throws {
        let (slow, fast) = (
            ScriptedTransport(.silence),
            ScriptedTransport(.stream(ChatText.token("b") + ChatText.finish + ChatText.done))
        )
        let fixture = try fixture(slow, fast)
        let request = try fixture.request("smart", stream: true, safe)
        do {
            async let answer = fixture.stream(request)
            await slow.waitForCalls(1)
            await fixture.clock.waitForSleepers(1)
            fixture.clock.advance(by: .milliseconds(500))
            let stream = try await answer
            #expect(fixture.target("b/m").budget.activeRetries == 1)
            _ = try await stream.readAll()
        }
        #expect(fixture.target("b/m").budget.activeRetries == 0)
    }

    @Test func aStreamHoldsWhatItsRetryHasTakenOfTheBudget() async throws {
        let provider = ScriptedTransport(
            .error(503), .stream(ChatText.token("a") + ChatText.finish + ChatText.done))
        let fixture = try RelayFixture(provider)
        let request = try fixture.request("smart", stream: true)
        do {
            async let answer = fixture.stream(request)
            await provider.waitForCalls(1)
            await fixture.clock.waitForSleepers(1)
            fixture.clock.advance(by: .seconds(1))
            let stream = try await answer
            #expect(fixture.target("a/m").budget.activeRetries == 1)
            _ = try await stream.readAll()
        }
        #expect(fixture.target("a/m").budget.activeRetries == 0)
    }

    @Test func aMistakeOfTheClientEndsTheRace() async throws {
        let (first, second) = (
            ScriptedTransport(.error(400, type: "invalid_request_error")), ScriptedTransport(.completion())
        )
        let fixture = try fixture(first, second)
        let request = try fixture.request("smart", safe)
        let error = await #expect(throws: GatewayError.self) { _ = try await fixture.answer(request) }
        #expect(error?.status == 400)
        #expect(second.calls == 0)
    }

    @Test(arguments: [nil, "false"] as [String?])
    func whoDoesNotAskGetsNone(_ wish: String?) async throws {
        let (slow, fast) = (ScriptedTransport(.silence), ScriptedTransport(.completion()))
        let fixture = try fixture(slow, fast)
        let request = try fixture.request("smart", wish.map { [.hedge: $0] } ?? [:])
        let call = Task { try await fixture.answer(request) }
        await slow.waitForCalls(1)
        fixture.clock.advance(by: .seconds(5))
        call.cancel()
        await #expect(throws: CancellationError.self) { _ = try await call.value }
        #expect(fast.calls == 0)
    }
}
