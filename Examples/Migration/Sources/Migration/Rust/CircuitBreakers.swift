import SageResilience

func circuitBreakers() async throws {
    let client = SimulatedClient(failing: Array(repeating: LLMError.serverError, count: 5))

    // snippet: breaker-configuration
    let configuration = try CircuitBreakerConfiguration(
        failureThreshold: 5,  // failures in the window that open it
        recoveryTimeout: .seconds(30),  // from open to half-open
        halfOpenMaxCalls: 3,  // probes while it is half-open
        successRateThreshold: 0.5,  // fewer successes than this open it too
        windowSize: 10)  // how many calls are counted
    let breaker = CircuitBreaker("llm-api", configuration)
    // end snippet

    // snippet: breaker-use
    func answer(_ request: ChatRequest) async throws -> ChatResponse {
        do {
            return try await breaker.execute { try await client.chat(request) }
        } catch let rejection as CircuitBreakerError {
            switch rejection.reason {
            case .circuitOpen: return .unavailable  // it failed at once, the service was not asked
            default: throw rejection  // half-open, and all probes are in flight
            }
        }  // every other error is the call's own, with its own type
    }
    // end snippet

    for _ in 1...5 {
        do {
            _ = try await answer(request)
            try expect(false, "a failing service answers")
        } catch is LLMError {}
    }
    try expect(try await answer(request) == .unavailable, "an open breaker answers at once")
    try expect(await client.calls == 5, "an open breaker does not ask the service")

    // snippet: breaker-state
    if breaker.state == .open {
        print("\(breaker.name) is open for another \(breaker.snapshot().retryAfter ?? .zero)")
    }
    let response = try await Fallback().execute {
        try await breaker.execute { try await client.chat(request) }
    } fallback: { _ in
        .unavailable
    }
    // end snippet
    try expect(response == .unavailable, "the fallback answers")

    let guarded = GuardedClient(client: client, breaker: breaker)
    do {
        _ = try await guarded.chat(request)
        try expect(false, "the breaker is open")
    } catch LLMError.serviceUnavailable {}
}

// snippet: breaker-client
struct GuardedClient: LLMClient {
    let client: any LLMClient
    let breaker: CircuitBreaker

    func chat(_ request: ChatRequest) async throws -> ChatResponse {
        do {
            return try await breaker.execute { try await client.chat(request) }
        } catch let rejection as CircuitBreakerError {
            throw LLMError.serviceUnavailable(rejection.description)
        }
    }
}
// end snippet
