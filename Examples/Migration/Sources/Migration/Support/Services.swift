struct ChatRequest: Sendable {
    let prompt: String
}

struct ChatResponse: Sendable, Equatable {
    static let unavailable = ChatResponse(text: "Please try again later.")
    let text: String
}

/// The errors of the client in the examples, none of which says what it is.
enum LLMError: Error {
    case rateLimit
    case timeout
    case serverError
    case invalidRequest
    case authentication
    case serviceUnavailable(String)
}

protocol LLMClient: Sendable {
    func chat(_ request: ChatRequest) async throws -> ChatResponse
}

/// A model that fails as it is told, call by call, and then answers.
actor SimulatedClient: LLMClient {
    private let name: String
    private var failures: [any Error]
    private(set) var calls = 0

    init(_ name: String = "simulated", failing failures: [any Error] = []) {
        self.name = name
        self.failures = failures
    }

    func chat(_ request: ChatRequest) async throws -> ChatResponse {
        try await call()
        return ChatResponse(text: "\(name) heard: \(request.prompt)")
    }

    func call() async throws {
        calls += 1
        if !failures.isEmpty { throw failures.removeFirst() }
    }
}

let request = ChatRequest(prompt: "hello")
