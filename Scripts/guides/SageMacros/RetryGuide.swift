private struct ExternalService: Sendable {
    func call() async throws -> Answer { Answer() }
}

private let externalService = ExternalService()
