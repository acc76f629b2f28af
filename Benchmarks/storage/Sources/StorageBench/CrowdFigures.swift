import SageSessions
import SageStorage

/// A store with many conversations, beside one that has none yet.
func crowdFigures(_ size: Size, in folder: Folder) async throws -> [Report.Line] {
    let path = folder.file("many.db")
    // Filling is not measured, so it does not wait for the disk.
    let filling = try await ConversationStore.open(path, synchronization: .relaxed)
    try await fill(filling, sessions: size.sessions)
    await filling.database.close()
    let store = try await ConversationStore.open(path)
    let empty = try await ConversationStore.open(folder.file("none.db"))
    try await empty.begin("only").end()

    let name = "\(size.sessions) conversations"
    var page = Report.Line(name: "newest 100 of \(name)", unit: "ms", ours: [])
    var space = Report.Line(name: "newest 100 of a space with a hundredth of them", unit: "ms", ours: [])
    var walk = Report.Line(name: "pages of all \(name)", unit: "ms", ours: [])
    var open = Report.Line(
        name: "load one of \(name)", unit: "ms", ours: [], comparison: "the same in a store with one")
    var turn = Report.Line(
        name: "a turn in one of \(name)", unit: "ms", ours: [], comparison: "the same in a store with one")
    for round in 0..<size.rounds {
        let session = identifier(round * 7 % size.sessions)
        page.ours.append(
            try await seconds {
                let found = try await store.list().sessions.count
                try check(found == min(100, size.sessions), "\(found) conversations on a page")
            } * 1e3)
        space.ours.append(
            try await seconds {
                let found = try await store.list(.space("team0/")).sessions.count
                try check(found == min(100, (size.sessions + 99) / 100), "\(found) conversations of a space")
            } * 1e3)
        walk.ours.append(
            try await seconds {
                var (found, cursor) = (0, String?.none)
                repeat {
                    let page = try await store.list(cursor: cursor, limit: 1_000)
                    found += page.sessions.count
                    cursor = page.nextCursor
                } while cursor != nil
                try check(found == size.sessions, "\(found) conversations on all pages")
            } * 1e3)
        open.plain.append(try await seconds { _ = try await empty.load(session: "only") } * 1e3)
        open.ours.append(try await seconds { _ = try await store.load(session: session) } * 1e3)
        turn.plain.append(try await seconds { try await exchange(empty, "only") } * 1e3)
        turn.ours.append(try await seconds { try await exchange(store, session) } * 1e3)
    }
    let memory = Report.Line(name: "resident after all of this", unit: "MiB", ours: [Machine.residentBytes / 0x1p20])
    await store.database.close()
    await empty.database.close()
    return [page, space, walk, open, turn, memory]
}

/// A hundred spaces, one after the other.
private func identifier(_ number: Int) -> String { "team\(number % 100)/s\(number)" }

private func exchange(_ store: ConversationStore, _ session: String) async throws {
    try await store.begin(session, "How are you?").end(answer: Message(.assistant, "Fine."))
}

private func fill(_ store: ConversationStore, sessions: Int) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        for writer in 0..<16 {
            group.addTask {
                for number in stride(from: writer, to: sessions, by: 16) {
                    try await exchange(store, identifier(number))
                }
            }
        }
        try await group.waitForAll()
    }
}
