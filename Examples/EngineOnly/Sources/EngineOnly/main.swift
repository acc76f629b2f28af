import SageResilience

/// A service that is unavailable for its first two calls.
actor UnreliableService {
    struct Unavailable: ClassifiedError {
        var classification: ErrorClassification { ErrorClassification(.overloaded) }
    }

    private var calls = 0

    func answer() throws -> String {
        calls += 1
        guard calls > 2 else { throw Unavailable() }
        return "answered at call \(calls)"
    }
}

let service = UnreliableService()
let breaker = CircuitBreaker("demo", .llm)
let retry = try RetryPolicy.exponential(initialDelay: .milliseconds(10), maxRetries: 2)

let answer = try await retry.execute {
    try await breaker.execute { try await service.answer() }
}
let seen = breaker.snapshot()
print("\(answer); the breaker is \(seen.state), having seen \(seen.calls) calls of which \(seen.failures) failed")
