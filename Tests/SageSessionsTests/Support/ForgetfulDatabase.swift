import SageStorage
import Synchronization

/// A database that loses the word that it has written, as a connection does which breaks at the commit.
final class ForgetfulDatabase: SQLDatabase {
    private struct State {
        var losses = 0
        var hasTold = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let base: any SQLDatabase
    private let state = Mutex(State())

    init(base: any SQLDatabase) { self.base = base }

    var dialect: SQLDialect { base.dialect }
    var name: String { base.name }
    var maxRowBytes: Int { base.maxRowBytes }

    /// Loses the word of the next writes.
    func forgets(next count: Int) {
        state.withLock { state in
            state.losses = count
            state.hasTold = false
        }
    }

    /// Waits until a write has succeeded with its word since then.
    func waitUntilRemembering() async {
        await withCheckedContinuation { continuation in
            let hasTold = state.withLock { state in
                if !state.hasTold { state.waiting.append(continuation) }
                return state.hasTold
            }
            if hasTold { continuation.resume() }
        }
    }

    func connect() async throws { try await base.connect() }

    func read<Result: Sendable>(
        _ body: @escaping @Sendable (any SQLSession) throws -> Result
    ) async throws -> Result {
        try await base.read(body)
    }

    func write<Result: Sendable>(
        _ body: @escaping @Sendable (any SQLSession) throws -> Result
    ) async throws -> Result {
        let result = try await base.write(body)
        let (isLost, waiting) = state.withLock { state in
            guard state.losses > 0 else {
                state.hasTold = true
                defer { state.waiting = [] }
                return (false, state.waiting)
            }
            state.losses -= 1
            return (true, [])
        }
        if isLost {
            throw StorageError(.connectionLost, store: name, "nobody knows", isOutcomeUnknown: true)
        }
        for continuation in waiting { continuation.resume() }
        return result
    }

    func close() async { await base.close() }
}
