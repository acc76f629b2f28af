import SageResilience
import SageTesting
import Testing
import WeatherClient

struct BreakerTests {
    let clock = TestClock()
    let recorder = EventRecorder()

    /// Two calls with four attempts each would be eight; the breaker opens at the fifth.
    @Test func opensAtTheFifthFailureAndRefusesWithoutACall() async throws {
        let service = ScriptedService(failures: Array(repeating: 503, count: 8))
        let client = try WeatherClient(service: service, clock: clock, random: .seeded(1), listener: recorder)

        try await skippingWaits(on: clock) {
            for _ in 1...2 {
                await #expect(throws: WeatherError(status: 503)) { try await client.temperature(in: "Oslo") }
            }
        }
        #expect(service.calls == 5)
        #expect(client.breaker.state == .open)

        let rejection = await #expect(throws: CircuitBreakerError.self) { try await client.temperature(in: "Oslo") }
        #expect(rejection?.reason == .circuitOpen)
        #expect(service.calls == 5)
    }

    @Test func recoversWithTheFirstCallAfterTheRecoveryTime() async throws {
        let service = ScriptedService()
        let client = try WeatherClient(service: service, clock: clock, random: .seeded(1), listener: recorder)
        client.breaker.open(for: .seconds(30))

        clock.advance(by: .milliseconds(29_999))
        await #expect(throws: CircuitBreakerError.self) { try await client.temperature(in: "Oslo") }
        #expect(service.calls == 0)

        clock.advance(by: .milliseconds(1))
        #expect(try await client.temperature(in: "Oslo") == 17.5)
        #expect(recorder.breakerStates == [.open, .halfOpen, .closed])
    }

    @Test func opensAgainWhenTheProbeFails() async throws {
        let service = ScriptedService(failures: [503])
        let client = try WeatherClient(service: service, clock: clock, random: .seeded(1), listener: recorder)
        client.breaker.open(for: .seconds(30))
        clock.advance(by: .seconds(30))

        await #expect(throws: WeatherError(status: 503)) { try await client.temperature(in: "Oslo") }
        #expect(service.calls == 1)
        #expect(recorder.breakerStates == [.open, .halfOpen, .open])
    }
}
