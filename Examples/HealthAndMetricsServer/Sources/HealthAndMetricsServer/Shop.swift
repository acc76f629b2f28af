import Metrics
import SageResilience
import SageTelemetry

/// The program itself: a guarded call to the inventory, and how well it is.
struct Shop: Sendable {
    let inventory = Inventory()
    let health = HealthChecker()
    /// What the server does at once, and how many may wait for it.
    let limits: ResiliencePipeline
    private let asking: ResiliencePipeline
    private let duration = Timer(label: "shop.stock.duration")

    init(_ telemetry: ResilienceTelemetry) throws {
        let listener = telemetry.listener
        // A short recovery time, so that the example is over soon.
        let breaker = CircuitBreaker(
            "inventory",
            try CircuitBreakerConfiguration(
                window: .calls(20), minimumCalls: 5, failureRate: 0.5, recoveryTimeout: .seconds(2), recoveryJitter: 0,
                halfOpenMaxCalls: 1),
            listener: listener)
        asking = try ResiliencePipeline("inventory", listener: listener) {
            try RetryConfiguration(maxAttempts: 3, backoff: .exponential(initialDelay: .milliseconds(10)))
            breaker
        }
        limits = try ResiliencePipeline("server", listener: listener) {
            try BulkheadConfiguration(limit: 100, maxQueued: 100, maxWait: .seconds(1))
        }
        try health.add(breaker)
        telemetry.sampler.watch(asking)
        telemetry.sampler.watch(limits)
    }

    func stock(of item: String) async throws -> Int {
        let began = ContinuousClock.now
        defer { duration.record(duration: ContinuousClock.now - began) }
        return try await asking.execute { try await inventory.stock(of: item) }
    }
}
