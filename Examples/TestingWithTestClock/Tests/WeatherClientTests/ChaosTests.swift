import SageResilience
import SageTesting
import Testing
import WeatherClient

struct ChaosTests {
    let clock = TestClock()
    let recorder = EventRecorder()

    /// One request in ten fails, by the seed always the same ones; who calls notices nothing.
    @Test func answersEveryCallWhileATenthOfTheRequestsFails() async throws {
        let fault = try ChaosFault(injectionRate: 0.1, random: .seeded(42)) { _ in WeatherError(status: 503) }
        let client = try WeatherClient(
            service: ChaoticService(chaos: fault), clock: clock, random: .seeded(1), listener: recorder)

        let temperatures = try await skippingWaits(on: clock) {
            var temperatures: [Double] = []
            for _ in 1...100 { temperatures.append(try await client.temperature(in: "Oslo")) }
            return temperatures
        }

        #expect(temperatures == Array(repeating: 17.5, count: 100))
        #expect(fault.counts.injected > 5)
        // Every fault cost one retry, and none a second of the test's time.
        #expect(recorder.retryDelays.count == fault.counts.injected)
        #expect(recorder.breakerStates.isEmpty)
    }

    /// The service hangs for a minute; the caller has an answer after 20 s, as the client promises.
    @Test func givesUpOnAServiceThatHangs() async throws {
        let hang = try ChaosLatency(.seconds(60), injectionRate: 1, clock: clock)
        let client = try WeatherClient(service: ChaoticService(chaos: hang), clock: clock, listener: recorder)

        async let time: Void = {
            await clock.waitForTimer(due: .seconds(60))
            clock.advance(by: .seconds(20))
        }()
        await #expect(throws: TimeLimiterError.self) { try await client.temperature(in: "Oslo") }
        await time

        #expect(client.breaker.snapshot().failures == 1)
    }
}
