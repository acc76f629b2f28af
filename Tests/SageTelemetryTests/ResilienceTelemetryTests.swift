import MetricsTestKit
import SageResilience
import SageTesting
import Testing

@testable import SageTelemetry

struct ResilienceTelemetryTests {
    private let clock = TestClock()
    private let log = CapturedLog()
    private let metrics = TestMetrics()

    @Test func policiesOfTheRegistryLogAndCount() async throws {
        let heard = EventRecorder()
        let telemetry = try ResilienceTelemetry(
            logger: log.logger(), factory: metrics, clock: clock, listener: heard)
        let breaker = try telemetry.registry.circuitBreaker("database") {
            try CircuitBreakerConfiguration(consecutiveFailures: 1)
        }
        try? await breaker.execute { throw SecretError() }
        #expect(log.messages == ["circuit breaker opened"])
        let transitions = metrics.counters(label: "sage_breaker_transitions_total")
        #expect(transitions.map(\.totalValue) == [1])
        #expect(heard.events.count == 1)
        telemetry.sampler.sample()
        #expect(try metrics.expectGauge("sage_breaker_state", [("name", "database")]).lastValue == 2)
    }

    @Test(.timeLimit(.minutes(1))) func runSamplesAndFlushesUntilItIsCancelled() async throws {
        let telemetry = try ResilienceTelemetry(
            logger: log.logger(), factory: metrics, logs: try LogConfiguration(linesPerInterval: 1), clock: clock)
        for _ in 1...3 { telemetry.listener.receive(.sample(.hedgeRefused, .hedge)) }
        let task = Task { try await telemetry.run() }
        await clock.nextTimerScheduled()
        #expect(!metrics.recorders(label: "sage_registry_policies").isEmpty)
        clock.advance(by: .seconds(5))
        await clock.nextTimerScheduled()
        #expect(log.lines.count == 1)
        clock.advance(by: .seconds(5))
        await clock.nextTimerScheduled()
        #expect(log.lines.last?["suppressed"] == "2")
        task.cancel()
        try await task.value
    }

    @Test func everythingGoesWhenNobodyHoldsIt() throws {
        weak var registry: ResilienceRegistry?
        do {
            let telemetry = try ResilienceTelemetry(logger: log.logger(), factory: metrics, clock: clock)
            telemetry.sampler.sample()
            registry = telemetry.registry
            #expect(registry != nil)
        }
        #expect(registry == nil)
        #expect(metrics.recorders.isEmpty)
    }

    @Test func refusesACapacityOutOfRange() {
        #expect(throws: ConfigurationError.self) { try ResilienceTelemetry(factory: metrics, capacity: 0) }
    }

    @Test func installsTheRegistryOfTheProcessOnce() async {
        await #expect(processExitsWith: .success) {
            let metrics = TestMetrics()
            let telemetry = try ResilienceTelemetry.install(logger: CapturedLog().logger(), factory: metrics)
            #expect(throws: RegistryError.self) {
                try ResilienceTelemetry.install(logger: CapturedLog().logger(), factory: metrics)
            }
            #expect(ResilienceRegistry.shared === telemetry.registry)
        }
    }
}
