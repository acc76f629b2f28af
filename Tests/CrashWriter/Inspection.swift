import SageSessions
import SageStorage

/// Reads all that a damaged store still tells, and repairs what it can.
struct Inspection {
    let store: ConversationStore

    func look() async throws {
        do {
            try await store.prepare()
            var (intact, damaged, unreadable) = (0, 0, 0)
            var cursor: String?
            repeat {
                let page = try await store.list(cursor: cursor, limit: 100)
                for session in page.sessions {
                    do {
                        let loaded = try await store.load(session: session.id)
                        if loaded.report.isIntact { intact += 1 } else { damaged += 1 }
                        let view = ConversationView(entries: loaded.decoded)
                        let violations = ViewLegality.violations(in: view.messages)
                        if !violations.isEmpty { throw Failure("a view is not legal: \(violations[0])") }
                    } catch let error as StorageError {
                        unreadable += 1
                        Output.write("unreadable \(error.problem)\n")
                    } catch let error as SessionError {
                        unreadable += 1
                        Output.write("unreadable \(error)\n")
                    }
                    do {
                        try await store.repair(session: session.id)
                    } catch is StorageError {} catch is SessionError {}
                }
                cursor = page.nextCursor
            } while cursor != nil
            Output.write("looked \(intact) intact, \(damaged) damaged, \(unreadable) unreadable\n")
        } catch let error as StorageError {
            Output.write("refused \(error.problem): \(error)\n")
        }
    }
}
