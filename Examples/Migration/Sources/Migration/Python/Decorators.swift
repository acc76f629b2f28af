import SageMacros

private let service = SimulatedClient(failing: [LLMError.timeout])
private let database = SimulatedClient("database")

// snippet: decorator-retry
@Retry(maxAttempts: 3, initialDelay: .seconds(1), strategy: .exponential)
func flakyOperation() async throws -> ChatResponse {
    try await service.chat(request)
}
// end snippet

// snippet: decorator-breaker
@CircuitBreaker("external_api", failureThreshold: 5, recoveryTimeout: .seconds(60))
func callExternalAPI() async throws -> ChatResponse {
    try await service.chat(request)
}
// end snippet

// snippet: decorator-stacked
@Retry(maxAttempts: 3)
@CircuitBreaker("database", failureThreshold: 3)
func databaseOperation() async throws -> ChatResponse {
    try await database.chat(request)
}
// end snippet

// snippet: decorator-connection
actor DecoratedConnection {
    private let driver: SimulatedDriver
    private var isConnected = false

    init(driver: SimulatedDriver) {
        self.driver = driver
    }

    @Retry(maxAttempts: 6, initialDelay: .milliseconds(100), classifier: .database)
    @CircuitBreaker("database_connection", failureThreshold: 3, recoveryTimeout: .seconds(30), classifier: .database)
    func connect() async throws {
        try await driver.connect()
        isConnected = true
    }
}
// end snippet

// snippet: decorator-counted-errors
@CircuitBreaker(
    "siliconflow_api", failureThreshold: 3, recoveryTimeout: .seconds(120), countedErrors: [HTTPError.self])
func generate(_ prompt: String, with http: SimulatedHTTP) async throws -> String {
    let response = await http.post("https://example.com/chat/completions", prompt)
    guard response.status == 200 else { throw HTTPError(status: response.status) }
    return response.body
}
// end snippet

// snippet: decorator-retry-on
@Retry(maxAttempts: 3, initialDelay: .seconds(1), maxDelay: .seconds(10), jitter: .wide, retryOn: [APIError.self])
func callModel(_ prompt: String, _ model: SimulatedClient) async throws -> String {
    try await model.chat(ChatRequest(prompt: prompt)).text
}
// end snippet

func decorators() async throws {
    _ = try await flakyOperation()
    try expect(await service.calls == 2, "the second attempt succeeds")
    _ = try await callExternalAPI()
    _ = try await databaseOperation()

    let driver = SimulatedDriver(failing: "57P03")
    try await DecoratedConnection(driver: driver).connect()
    try expect(await driver.calls == 2, "connecting is tried again")

    let http = SimulatedHTTP(status: 503)
    for _ in 1...5 {
        do {
            _ = try await generate("hello", with: http)
            try expect(false, "the service fails")
        } catch is HTTPError {
        } catch is CircuitBreakerError {}
    }
    try expect(await http.calls == 3, "three errors open the breaker")

    for (error, calls) in [(APIError(status: 503) as any Error, 2), (LLMError.timeout, 1)] {
        let model = SimulatedClient(failing: [error])
        do { _ = try await callModel("hello", model) } catch is LLMError {}
        try expect(await model.calls == calls, "\(error): \(calls) calls")
    }
}
