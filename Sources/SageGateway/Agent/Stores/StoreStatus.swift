import SageLLM
import SageResilience

/// How a store is, for `/status`, `/health` and metrics.
struct StoreStatus: Sendable, Hashable {
    /// What it is for: `sessions`, `memory`, `state`.
    var name: String
    /// Where it is, without credentials.
    var url: String
    /// Whether it can be used.
    var isUp: Bool
    /// How many seconds what is known of it may be old; nil for a store that is asked every time.
    var lagSeconds: Double?
    /// What is wrong, and what mends it.
    var error: String?
    /// The circuit breakers of its database.
    var breakers: [CircuitBreaker.Snapshot] = []

    var json: JSONValue {
        [
            "name": .string(name), "url": .string(url), "up": .bool(isUp),
            "lag_seconds": lagSeconds.map { .number($0) } ?? .null, "error": error.map { .string($0) } ?? .null,
            "breakers": .array(
                breakers.map { breaker in
                    [
                        "name": .string(breaker.name), "state": .string(breaker.state.rawValue),
                        "retry_after_ms": breaker.retryAfter.map { .integer($0.wholeMilliseconds) } ?? .null,
                    ]
                }),
        ]
    }
}
