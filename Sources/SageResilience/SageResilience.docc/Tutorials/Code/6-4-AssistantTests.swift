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
        await clock.waitForTimer(due: .milliseconds(50))
        clock.advance(by: .milliseconds(50))

        #expect(try await answer == "primary: an apple a day.")
    }

    @Test func asksTheSpareModelWhileTheFirstIsDown() async throws {
        let recorder = EventRecorder()
        let assistant = try Assistant(
            model: ModelClient("primary", failing: 1_000), spare: ModelClient("spare"), clock: TestClock(),
            random: .constant(0), listener: recorder)

        for _ in 1...3 {
            #expect(try await assistant.answer("What keeps the doctor away?") == "spare: an apple a day.")
        }

        let opened = recorder.kinds.filter { kind in
            if case .circuitBreakerTransition(_, to: .open, _) = kind { true } else { false }
        }
        #expect(opened.count == 1)
        #expect(await assistant.health.report().status == .degraded)
    }
}
