import SageResilience

/// A client of a language model. This one is simulated: it fails as often as it is told, then it answers.
actor ModelClient {
    struct HTTPError: ClassifiedError {
        let status: Int

        var classification: ErrorClassification { ErrorClassification(httpStatus: status) }
    }

    private let name: String
    private var failures: Int

    init(_ name: String, failing failures: Int = 0) {
        self.name = name
        self.failures = failures
    }

    func answer(_ question: String) async throws -> String {
        if failures > 0 {
            failures -= 1
            throw HTTPError(status: 503)
        }
        return "\(name): an apple a day."
    }

    func stream(_ question: String) async throws -> AsyncStream<String> {
        let words = try await answer(question).split(separator: " ").map(String.init)
        return AsyncStream { continuation in
            for word in words { continuation.yield(word) }
            continuation.finish()
        }
    }
}
