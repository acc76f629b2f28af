import SageResilience
import Synchronization

// snippet: breaker-status
/// The state of every circuit breaker, for a status page.
func circuitBreakerStatus() -> [String: String] {
    ResilienceRegistry.current.snapshot().circuitBreakers.mapValues { breaker in
        "\(breaker.state.rawValue), \(breaker.failures) of \(breaker.calls) calls failed"
    }
}
// end snippet

// snippet: breaker-log
/// Says why a circuit breaker has opened.
struct BreakerLog: ResilienceListener {
    let write: @Sendable (String) -> Void

    func receive(_ event: ResilienceEvent) {
        guard case .circuitBreakerTransition(_, to: .open, let breaker) = event.kind else { return }
        write(
            """
            Circuit breaker \(event.policy.name) has opened:
            \(breaker.failures) of \(breaker.calls) calls failed, the last ones \(breaker.recentFailures.suffix(5)) ago,
            \(breaker.failuresPerMinute) failures a minute.
            """)
    }
}
// end snippet

final class Lines: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }

    func append(_ line: String) {
        lines.withLock { $0.append(line) }
    }
}

func observation() async throws {
    let lines = Lines()
    let registry = try ResilienceRegistry(listener: BreakerLog { lines.append($0) })
    try await ResilienceRegistry.withCurrent(registry) {
        let breaker = try ResilienceRegistry.current.circuitBreaker("memory_save") {
            try CircuitBreakerConfiguration(consecutiveFailures: 3)
        }
        let service = SimulatedClient(failing: Array(repeating: LLMError.timeout, count: 3))
        for _ in 1...3 {
            do {
                try await breaker.execute { try await service.call() }
                try expect(false, "the service fails")
            } catch is LLMError {}
        }
        try expect(
            circuitBreakerStatus() == ["memory_save": "open, 3 of 3 calls failed"], "the status shows the open breaker")
    }
    try expect(lines.all.count == 1, "one line for one opening")
    try expect(lines.all[0].contains("memory_save has opened:\n3 of 3"), "the line says why")
}
