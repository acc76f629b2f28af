import SageResilience
import SageTesting
import Testing

@testable import Ask

struct AssistantTests {
    @Test func asksAgainAfterAPause() async throws {
        let clock = TestClock()
        let assistant = try Assistant(
            model: ModelClient("primary", failing: 1), spare: ModelClient("spare"), clock: clock, random: .constant(0.5)
        )

        async let answer = assistant.answer("What keeps the doctor away?")
        await clock.waitForTimer(due: .seconds(2))
        clock.advance(by: .seconds(2))

        #expect(try await answer == "primary: an apple a day.")
    }

    @Test func asksTheSpareModelWhileTheFirstIsDown() async throws {
        let clock = TestClock()
        let recorder = EventRecorder()
        let assistant = try Assistant(
            model: ModelClient("primary", failing: 1_000), spare: ModelClient("spare"), clock: clock,
            random: .constant(0.5), listener: recorder)

        async let first = assistant.answer("What keeps the doctor away?")
        for pause in [2, 4, 8] {
            await clock.waitForTimer(due: .seconds(pause))
            clock.advance(by: .seconds(pause))
        }
        #expect(try await first == "spare: an apple a day.")
        #expect(try await assistant.answer("What keeps the doctor away?") == "spare: an apple a day.")

        let opened = recorder.kinds.filter { kind in
            if case .circuitBreakerTransition(_, to: .open, _) = kind { true } else { false }
        }
        #expect(opened.count == 1)
        #expect(await assistant.health.report().status == .degraded)
    }
}
