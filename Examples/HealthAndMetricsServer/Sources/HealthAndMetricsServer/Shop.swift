import Metrics
import SageResilience
import SageTelemetry

/// The program itself: a guarded call to the inventory, and how well it is.
struct Shop: Sendable {
    let inventory = Inventory()
    let breaker: CircuitBreaker
    let retry: RetryPolicy
    let health = HealthChecker()
    private let duration = Timer(label: "shop.stock.duration")

    init(_ telemetry: ResilienceTelemetry) throws {
        let listener = telemetry.listener
        // A short recovery time, so that the example is over soon.
        breaker = CircuitBreaker(
            "inventory",
            try CircuitBreakerConfiguration(
                window: .calls(20), minimumCalls: 5, failureRate: 0.5, recoveryTimeout: .seconds(2), recoveryJitter: 0,
                halfOpenMaxCalls: 1),
            listener: listener)
        retry = try .exponential("inventory", initialDelay: .milliseconds(10), maxRetries: 2, listener: listener)
        try health.add(breaker)
        telemetry.sampler.watch(breaker)
    }

    func stock(of item: String) async throws -> Int {
        let began = ContinuousClock.now
        defer { duration.record(duration: ContinuousClock.now - began) }
        return try await retry.execute {
            try await breaker.execute { try await inventory.stock(of: item) }
        }
    }
}
