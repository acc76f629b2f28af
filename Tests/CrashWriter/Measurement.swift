import SageSessions
import SageStorage

/// Measures a store, beside plain inserts into the same database with the same sync.
struct Measurement {
    let store: ConversationStore
    let url: String

    func run() async throws {
        try await store.prepare()
        try await plain(writers: 1)
        try await appends(writers: 1)
        try await plain(writers: 32)
        try await appends(writers: 32)
        try await load()
        try await many()
    }

    private func report(_ what: String, _ count: Int, _ time: Duration) {
        let seconds = Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18
        Output.write("\(what): \(Int(Double(count) / seconds)) a second, \(seconds / Double(count) * 1e6) us each\n")
    }

    private func measure(_ what: String, _ count: Int, _ body: () async throws -> Void) async rethrows {
        let start = ContinuousClock.now
        try await body()
        report(what, count, ContinuousClock.now - start)
    }

    private func plain(writers: Int) async throws {
        let database = store.database
        let bytes = database.dialect == .sqlite ? "BLOB" : "BYTEA"
        try await database.execute("CREATE TABLE IF NOT EXISTS plain (a BIGINT, b BIGINT, data \(bytes))")
        let payload = [UInt8](repeating: 120, count: 100)
        let each = 2_000 / writers
        try await measure("plain inserts, \(writers) at once", each * writers) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<writers {
                    group.addTask {
                        for index in 0..<each {
                            try await database.execute(
                                "INSERT INTO plain VALUES ($1, $2, $3)",
                                [.integer(Int64(writer)), .integer(Int64(index)), .blob(payload)])
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    private func appends(writers: Int) async throws {
        let text = String(repeating: "x", count: 60)
        let each = 2_000 / writers
        var turns: [OpenTurn] = []
        for writer in 0..<writers { turns.append(try await begin("append-\(writers)-\(writer)")) }
        try await measure("acknowledged appends, \(writers) at once", each * writers) { [turns] in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for turn in turns {
                    group.addTask { for _ in 0..<each { try await turn.checkpoint(text) } }
                }
                try await group.waitForAll()
            }
        }
        for turn in turns { try await turn.end() }
    }

    private func begin(_ session: String) async throws -> OpenTurn {
        guard case .began(let turn) = try await store.beginTurn(session: session, message: Message(.user, "Hello"))
        else { throw Failure("\(session) does not begin") }
        return turn
    }

    private func load() async throws {
        let turn = try await begin("long")
        let message = EntryPayload.message(Message(.user, String(repeating: "word ", count: 40)))
        for _ in 0..<100 { try await turn.append(Array(repeating: message, count: 100)) }
        try await turn.end()
        for _ in 0..<3 {
            try await measure("load of 10,000 entries, a run", 1) {
                let loaded = try await store.load(session: "long")
                guard loaded.entries.count >= 10_000 else { throw Failure("\(loaded.report)") }
            }
        }
    }

    private func many() async throws {
        let count = 10_000
        try await measure("whole turns in new sessions, 32 at once", count) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<32 {
                    group.addTask {
                        for index in stride(from: writer, to: count, by: 32) {
                            try await begin("many-\(index)").end(answer: Message(.assistant, "Hi"))
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        try await measure("list of 100 among 10,000", 100) { for _ in 0..<100 { _ = try await store.list() } }
        try await measure("list of interrupted among 10,000", 100) {
            for _ in 0..<100 { _ = try await store.list(state: .interrupted) }
        }
        try await measure("counts of 10,000", 100) { for _ in 0..<100 { _ = try await store.counts() } }
        try await measure("begin and end of a turn among 10,000", 200) {
            for index in 0..<200 { try await begin("many-\(index)").end() }
        }
        try await measure("sweep of nothing", 10) { for _ in 0..<10 { try await store.sweep() } }
    }
}
