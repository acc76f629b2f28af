import SageResilience

/// What an HTTP client throws for an answer that is not a success.
struct HTTPError: Error {
    let status: Int
}

struct HTTPResponse: Sendable {
    let status: Int
    let body: String
}

actor SimulatedHTTP {
    private let status: Int
    private(set) var calls = 0

    init(status: Int) {
        self.status = status
    }

    func post(_ url: String, _ body: String) -> HTTPResponse {
        calls += 1
        return HTTPResponse(status: status, body: "an answer")
    }
}

// snippet: unguarded-generator
struct UnguardedTextGenerator {
    let http: SimulatedHTTP
    let baseURL: String

    func generate(_ prompt: String) async throws -> String {
        let response = await http.post("\(baseURL)/chat/completions", prompt)
        guard response.status == 200 else { throw HTTPError(status: response.status) }
        return response.body
    }
}
// end snippet

// snippet: guarded-generator
struct TextGenerator {
    let http: SimulatedHTTP
    let baseURL: String
    private let pipeline: ResiliencePipeline

    init(http: SimulatedHTTP, baseURL: String, listener: (any ResilienceListener)? = nil) throws {
        let classifier = ErrorClassifier {
            ErrorRule.httpStatus(of: HTTPError.self) { $0.status }
        }
        self.http = http
        self.baseURL = baseURL
        self.pipeline = try ResiliencePipeline("siliconflow_api", listener: listener) {
            try CircuitBreakerConfiguration(
                consecutiveFailures: 3, recoveryTimeout: .seconds(120), classifier: classifier)
            try TimeLimiter(.seconds(30))
        }
    }

    func generate(_ prompt: String) async throws -> String {
        try await pipeline.execute { [http, baseURL] in
            let response = await http.post("\(baseURL)/chat/completions", prompt)
            guard response.status == 200 else { throw HTTPError(status: response.status) }
            return response.body
        }
    }
}
// end snippet

func textGenerator() async throws {
    let unguarded = UnguardedTextGenerator(http: SimulatedHTTP(status: 200), baseURL: "https://example.com")
    try expect(try await unguarded.generate("hello") == "an answer", "the call succeeds")

    for (status, expectedCalls) in [(503, 3), (400, 5)] {
        let http = SimulatedHTTP(status: status)
        let generator = try TextGenerator(http: http, baseURL: "https://example.com")
        for _ in 1...5 {
            do {
                _ = try await generator.generate("hello")
                try expect(false, "the service fails")
            } catch is HTTPError {
            } catch is CircuitBreakerError {}
        }
        try expect(await http.calls == expectedCalls, "\(status): \(expectedCalls) of 5 calls reach the service")
    }
}
