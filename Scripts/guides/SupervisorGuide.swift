private struct Worker: Sendable {
    func run() async throws {}
}

private let reader = Worker()
private let writer = Worker()
private let janitor = Worker()
private let session = Worker()

private struct Unreachable: Error {}
