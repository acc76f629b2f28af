import SageResilience

// snippet: scenario-model
struct ChatService {
    let model: SimulatedClient
    private let pipeline: ResiliencePipeline

    init(model: SimulatedClient, listener: (any ResilienceListener)? = nil) throws {
        let classifier = ErrorClassifier(otherwise: .llm) {
            ErrorRule.httpStatus(of: APIError.self, retryAfter: { $0.retryAfter }) { $0.status }
        }
        self.model = model
        self.pipeline = try ResiliencePipeline("openai", listener: listener) {
            try RetryConfiguration(
                maxAttempts: 3, backoff: .exponential(initialDelay: .seconds(1), maxDelay: .seconds(10)),
                classifier: classifier)
            try TimeLimiter(.seconds(30))
        }
    }

    /// The handler of `POST /chat`.
    func chat(_ message: String) async throws -> String {
        try await pipeline.execute { [model] in
            try await model.chat(ChatRequest(prompt: message)).text
        }
    }
}
// end snippet

// snippet: scenario-database
actor ConversationStore {
    private let retry: RetryPolicy
    private let driver: SimulatedDriver

    init(driver: SimulatedDriver) throws {
        self.driver = driver
        self.retry = RetryPolicy(
            "conversations",
            try RetryConfiguration(
                maxAttempts: 3, backoff: .exponential(initialDelay: .milliseconds(500), maxDelay: .seconds(5)),
                classifier: .database))
    }

    /// Saves a conversation under its identifier, so that saving it twice is saving it once.
    func save(_ conversation: String) async throws {
        try await retry.execute {
            try await driver.execute("INSERT INTO conversations VALUES (…) ON CONFLICT (id) DO NOTHING")
        }
    }
}
// end snippet

// snippet: scenario-search
struct VectorSearch {
    let collection: SimulatedDriver
    private let retry = RetryPolicy("documents", .network)

    init(collection: SimulatedDriver) {
        self.collection = collection
    }

    func search(_ query: String, limit: Int = 5) async throws -> [String] {
        try await retry.execute { try await collection.fetch("\(query) LIMIT \(limit)") }
    }
}
// end snippet

func scenarios() async throws {
    let model = SimulatedClient(failing: [APIError(status: 429, retryAfter: .milliseconds(200))])
    let service = try ChatService(model: model)
    try expect(try await service.chat("hello") == "simulated heard: hello", "the second attempt is answered")

    let store = SimulatedDriver(failing: "40001")
    try await ConversationStore(driver: store).save("a conversation")
    try expect(await store.calls == 2, "a conflict is tried again")

    let found = try await VectorSearch(collection: SimulatedDriver()).search("resilience")
    try expect(found == ["a row"], "the search finds")
}
