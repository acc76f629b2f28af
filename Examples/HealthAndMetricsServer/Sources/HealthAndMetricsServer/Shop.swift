import Metrics
import SagePrometheus
import SageResilience

/// The program itself: a guarded call to the inventory, and how well it is.
struct Shop: Sendable {
    let inventory = Inventory()
    let breaker: CircuitBreaker
    let retry: RetryPolicy
    let health = HealthChecker()
    private let duration = Timer(label: "shop.stock.duration")

    init(_ prometheus: PrometheusMetrics) throws {
        let events = EventCounter()
        // A short recovery time, so that the example is over soon.
        breaker = CircuitBreaker(
            "inventory",
            try CircuitBreakerConfiguration(
                window: .calls(20), minimumCalls: 5, failureRate: 0.5, recoveryTimeout: .seconds(2), recoveryJitter: 0,
                halfOpenMaxCalls: 1),
            listener: events)
        retry = try .exponential("inventory", initialDelay: .milliseconds(10), maxRetries: 2, listener: events)
        try health.add(breaker)

        // What is a state, and not an event, is asked for when somebody wants to see it.
        let state = Meter(label: "shop.breaker.open", dimensions: [("name", breaker.name)])
        prometheus.onScrape("breaker") { [breaker] in
            state.set(breaker.snapshot().state == .open ? 1 : 0)
        }
    }

    func stock(of item: String) async throws -> Int {
        let began = ContinuousClock.now
        defer { duration.record(duration: ContinuousClock.now - began) }
        return try await retry.execute {
            try await breaker.execute { try await inventory.stock(of: item) }
        }
    }
}

/// Counts what the policies do.
struct EventCounter: ResilienceListener {
    func receive(_ event: ResilienceEvent) {
        switch event.kind {
        case .circuitBreakerTransition(_, let to, _):
            count("shop.breaker.transitions", event, [("to", to.rawValue)])
        case .circuitBreakerRejected: count("shop.breaker.rejected", event)
        case .retryScheduled: count("shop.retries", event)
        default: break
        }
    }

    private func count(_ label: String, _ event: ResilienceEvent, _ labels: [(String, String)] = []) {
        Counter(label: label, dimensions: [("name", event.policy.name)] + labels).increment()
    }
}
