private let breaker: CircuitBreaker = standIn()
private let registry = ResilienceRegistry.shared
private struct Session: Sendable {
    func run() async throws {}
}

private let session = Session()
