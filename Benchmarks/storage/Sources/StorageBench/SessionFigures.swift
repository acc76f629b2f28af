import SageSessions
import SageStorage

/// Conversations in a file, with full sync.
@concurrent
func sessionFigures(_ size: Size, in folder: Folder) async throws -> Report {
    var report = Report(title: "Conversations in SQLite with full sync")
    report.lines += try await AppendFigures(size, in: folder).measure()
    report.lines += try await loadFigures(size, in: folder)
    report.lines += try await crowdFigures(size, in: folder)
    return report
}

extension ConversationStore {
    /// A store in a file.
    static func open(
        _ path: String, synchronization: SQLiteConfiguration.Synchronization = .full
    ) async throws -> ConversationStore {
        let store = try ConversationStore(
            SQLiteDatabase(SQLiteConfiguration(.file(path), synchronization: synchronization)))
        try await store.prepare()
        return store
    }

    /// Begins a turn that has to begin.
    func begin(_ session: String, _ text: String = "Hello") async throws -> OpenTurn {
        guard case .began(let turn) = try await beginTurn(session: session, message: Message(.user, text)) else {
            throw Failure("the turn of \(session) did not begin")
        }
        return turn
    }
}
