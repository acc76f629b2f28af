import SageResilience
import SageTesting
import Testing
import WeatherClient

struct RetryTests {
    let clock = TestClock()
    let recorder = EventRecorder()

    /// Jitter is chance: a scripted source makes it half of the longest wait, 1 s and then 2 s.
    @Test func triesAgainAfterTheWrittenWaits() async throws {
        let service = ScriptedService(failures: [503, 500])
        let client = try WeatherClient(
            service: service, clock: clock, random: .scripted([0.5]), listener: recorder)

        async let temperature = client.temperature(in: "Oslo")
        // The time limit has a timer too; this waits for the one that belongs to the first retry.
        await clock.waitForTimer(due: .milliseconds(500))
        #expect(service.calls == 1)
        clock.advance(by: .milliseconds(500))
        await clock.waitForTimer(due: .seconds(1))
        #expect(service.calls == 2)
        clock.advance(by: .seconds(1))

        #expect(try await temperature == 17.5)
        #expect(service.calls == 3)
        #expect(recorder.retryDelays == [.milliseconds(500), .seconds(1)])
    }

    /// Whatever the seed, the waits stay below 1, 2 and 4 s, and the same seed gives the same waits.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func waitsAreReproducible(seed: UInt64) async throws {
        var runs: [[Duration]] = []
        for _ in 1...2 {
            let clock = TestClock()
            let recorder = EventRecorder()
            let client = try WeatherClient(
                service: ScriptedService(failures: [503, 503, 503]), clock: clock, random: .seeded(seed),
                listener: recorder)
            _ = try await skippingWaits(on: clock) { try await client.temperature(in: "Oslo") }
            runs.append(recorder.retryDelays)
        }

        #expect(runs[0] == runs[1])
        #expect(runs[0].count == 3)
        #expect(zip(runs[0], [1, 2, 4]).allSatisfy { $0 < .seconds($1) })
    }

    @Test func doesNotRepeatTheCallersMistake() async throws {
        let service = ScriptedService(failures: [404])
        let client = try WeatherClient(service: service, clock: clock, listener: recorder)

        await #expect(throws: WeatherError(status: 404)) { try await client.temperature(in: "Atlantis") }
        #expect(service.calls == 1)
        #expect(client.breaker.snapshot().failures == 0)
    }
}
