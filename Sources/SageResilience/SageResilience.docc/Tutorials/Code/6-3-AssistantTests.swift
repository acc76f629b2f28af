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
}
