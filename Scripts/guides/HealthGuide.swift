private let searchBreaker: CircuitBreaker = standIn()
private let databaseBreaker: CircuitBreaker = standIn()
private let cacheBreaker: CircuitBreaker = standIn()

private struct Disk: Sendable {
    func writeAndRead() async throws {}
}

private let disk = Disk()

private struct Index: Sendable {
    var isBehind: Bool { get async { false } }
}

private let index = Index()

private struct Response: Sendable {
    var status: Int {
        get { 200 }
        nonmutating set {}
    }
}

private let response = Response()

private let workers: Supervisor = standIn()
