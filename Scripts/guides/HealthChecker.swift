private let databaseBreaker: CircuitBreaker = standIn()
private let cacheBreaker: CircuitBreaker = standIn()
private let modelBreakers: Registry<CircuitBreaker> = standIn()

private struct Disk: Sendable {
    func writeAndRead() async throws {}
}

private let disk = Disk()
