import SageResilience

func breakerFunctions() async throws {
    let service = SimulatedClient()
    let database = SimulatedClient("database")

    // snippet: breaker-function
    let breaker = CircuitBreaker(
        "external_api", try CircuitBreakerConfiguration(consecutiveFailures: 5, recoveryTimeout: .seconds(60)))

    func callExternalAPI() async throws -> ChatResponse {
        try await breaker.execute { try await service.chat(request) }
    }
    // end snippet
    _ = try await callExternalAPI()

    // snippet: combined-functions
    let guarded = try InTaskResiliencePipeline("database") {  // outermost first, as decorators stand
        try RetryConfiguration(maxAttempts: 3)
        try CircuitBreakerConfiguration(consecutiveFailures: 3)
    }

    func databaseOperation() async throws -> ChatResponse {
        try await guarded.execute { try await database.chat(request) }
    }
    // end snippet
    _ = try await databaseOperation()

    // snippet: breakers-by-name
    let registry = ResilienceRegistry.shared
    let shared = try registry.circuitBreaker("external_api") {
        try CircuitBreakerConfiguration(consecutiveFailures: 5, recoveryTimeout: .seconds(60))
    }
    let same = try registry.circuitBreakers.find("external_api")
    // end snippet
    try expect(shared === same, "a name leads to one breaker")
}
