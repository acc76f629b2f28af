import Dispatch
import SageStorage
import Synchronization

/// A database of which one transaction's commit gets lost on the way back.
final class UncertainDatabase: SQLDatabase {
    private enum Step {
        case certain
        /// The next transaction's commit is one of which nobody hears.
        case uncertain(isLate: Bool)
        /// The next transaction lets it happen, once it asks for its first lock.
        case committing(DispatchSemaphore)
    }

    private let base: any SQLDatabase
    private let step = Mutex(Step.certain)

    var dialect: SQLDialect { base.dialect }
    var name: String { base.name }
    var maxRowBytes: Int { base.maxRowBytes }

    init(_ base: any SQLDatabase) { self.base = base }

    /// Loses the answer to the next commit.
    ///
    /// - Parameter isLate: Whether the commit is still under way when the transaction is run again.
    func loseCommit(isLate: Bool) { step.withLock { $0 = .uncertain(isLate: isLate) } }

    func connect() async throws { try await base.connect() }
    func close() async { await base.close() }

    func read<Result: Sendable>(
        _ body: @escaping @Sendable (any SQLSession) throws -> Result
    ) async throws -> Result { try await base.read(body) }

    func write<Result: Sendable>(
        _ body: @escaping @Sendable (any SQLSession) throws -> Result
    ) async throws -> Result {
        let now = step.withLock { step in
            let now = step
            step = .certain
            return now
        }
        switch now {
        case .certain: return try await base.write(body)
        case .committing(let commit): return try await base.write { try body(LockWatch(base: $0, commit: commit)) }
        case .uncertain(let isLate):
            let commit = DispatchSemaphore(value: 0)
            if !isLate { commit.signal() }
            let (ran, hasRun) = AsyncStream.makeStream(of: Void.self)
            let transaction = Task { [base] () async throws -> Result in
                // Also of one that fails before it runs, for which nobody is to wait.
                defer { hasRun.finish() }
                return try await base.write { sql in
                    defer { hasRun.finish() }
                    let result = try body(sql)
                    hasRun.finish()
                    commit.wait()
                    return result
                }
            }
            for await _ in ran {}
            if isLate {
                step.withLock { $0 = .committing(commit) }
            } else {
                _ = try await transaction.value
            }
            throw StorageError(.connectionLost, store: name, "the connection was reset", isOutcomeUnknown: true)
        }
    }
}

/// Lets another transaction commit when this one is about to wait for it.
private struct LockWatch: SQLSession {
    let base: any SQLSession
    let commit: DispatchSemaphore

    var dialect: SQLDialect { base.dialect }

    private func look(at sql: String) {
        guard !sql.hasPrefix("SELECT") || sql.contains("FOR UPDATE") else { return }
        commit.signal()
    }

    func execute(_ sql: String, _ parameters: [SQLValue]) throws(StorageError) -> Int {
        look(at: sql)
        return try base.execute(sql, parameters)
    }

    func forEachRow(
        _ sql: String, _ parameters: [SQLValue], _ body: (SQLRow) throws(StorageError) -> Bool
    ) throws(StorageError) {
        look(at: sql)
        try base.forEachRow(sql, parameters, body)
    }

    func executeScript(_ sql: String) throws(StorageError) { try base.executeScript(sql) }
}
