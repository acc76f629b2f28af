import SageSessions
import SageStorage

/// Acknowledged appends a second, beside inserts of rows with the same bytes into a table without an index.
struct AppendFigures {
    private let size: Size
    private let store: ConversationStore
    private let plain: PlainSQLite
    private let payload = EntryPayload.partial(turn: "turn", text: String(repeating: "x", count: 256))

    private static let writers = 32

    init(_ size: Size, in folder: Folder) async throws {
        self.size = size
        store = try await ConversationStore.open(folder.file("appends.db"))
        plain = try PlainSQLite(folder.file("plain.db"))
        try plain.run("CREATE TABLE log (id INTEGER PRIMARY KEY, session INTEGER, payload BLOB)")
    }

    func measure() async throws -> [Report.Line] {
        let (one, many) = (size.appends, size.appends * Self.writers / 2)
        var single = Report.Line(
            name: "appends, 1 writer", unit: "a second", ours: [], comparison: "an insert a transaction")
        var grouped = Report.Line(
            name: "appends, \(Self.writers) writers", unit: "a second", ours: [], comparison: "an insert a transaction")
        var bound = Report.Line(
            name: "the same", unit: "a second", ours: [], comparison: "\(Self.writers) inserts a transaction")
        var work = Report.Line(
            name: "processor time of an append, 1 writer", unit: "µs", ours: [], comparison: single.comparison)
        var sharedWork = Report.Line(
            name: "processor time of an append, \(Self.writers) writers", unit: "µs", ours: [],
            comparison: single.comparison)
        for round in 0..<size.rounds {
            let plain = try await cost { try insert(one, together: 1) }
            let ours = try await cost { try await append(one, writers: 1, round) }
            single.plain.append(Double(one) / plain.seconds)
            single.ours.append(Double(one) / ours.seconds)
            work.plain.append(plain.processor * 1e6 / Double(one))
            work.ours.append(ours.processor * 1e6 / Double(one))
            bound.plain.append(Double(many) / (try await seconds { try insert(many, together: Self.writers) }))
            let together = try await cost { try await append(many, writers: Self.writers, round) }
            grouped.ours.append(Double(many) / together.seconds)
            sharedWork.ours.append(together.processor * 1e6 / Double(many))
        }
        grouped.plain = single.plain
        sharedWork.plain = work.plain
        bound.ours = grouped.ours
        await store.database.close()
        return [single, grouped, bound, work, sharedWork]
    }

    private func insert(_ count: Int, together: Int) throws {
        let (begin, commit) = (try plain.prepare("BEGIN IMMEDIATE"), try plain.prepare("COMMIT"))
        let statement = try plain.prepare("INSERT INTO log (session, payload) VALUES (?1, ?2)")
        let bytes = payload.jsonBytes
        for index in 0..<count {
            if index % together == 0 { try begin.run() }
            statement.bind(1, Int64(index % together))
            try bytes.withUnsafeBytes {
                statement.bind(2, $0)
                try statement.run()
            }
            if index % together == together - 1 || index == count - 1 { try commit.run() }
        }
    }

    private func append(_ count: Int, writers: Int, _ round: Int) async throws {
        let (store, payload) = (store, payload)
        // Beginning and counting are part of what is timed, as one append each.
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<writers {
                group.addTask {
                    let session = "s\(writers)-\(writer)-\(round)"
                    let turn = try await store.begin(session)
                    let appends = count / writers - 2
                    for _ in 0..<max(appends, 1) { try await turn.append([payload]) }
                    let end = try await turn.end()
                    try check(end.seq == Int64(max(appends, 1)) + 3, "\(session) has \(end.seq) entries")
                }
            }
            try await group.waitForAll()
        }
    }
}
