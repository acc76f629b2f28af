import SageSessions
import SageStorage

/// What reading a long conversation takes, beside reading its rows.
func loadFigures(_ size: Size, in folder: Folder) async throws -> [Report.Line] {
    let path = folder.file("long.db")
    let store = try await ConversationStore.open(path)
    try await fill(store, entries: size.entries)
    let plain = try PlainSQLite(path)
    let rows = try plain.prepare(
        """
        SELECT e.seq, e.id, e.kind, e.payload, e.blob, e.epoch, e.created, e.checksum, b.data
        FROM sage_entries e LEFT JOIN sage_blobs b ON b.hash = e.blob ORDER BY e.seq
        """)
    let name = "\(size.entries) entries"
    var load = Report.Line(name: "load, \(name)", unit: "ms", ours: [], comparison: "SELECT of the rows")
    var work = Report.Line(
        name: "processor time of that load", unit: "ms", ours: [], comparison: load.comparison)
    var view = Report.Line(name: "view for a model, \(name)", unit: "ms", ours: [])
    var turn = Report.Line(name: "last turn of \(name)", unit: "ms", ours: [])
    for _ in 0..<size.rounds {
        let plain = try await cost {
            let found = try rows.run().rows
            try check(found == size.entries, "\(found) rows")
        }
        var loaded: LoadedConversation?
        let ours = try await cost { loaded = try await store.load(session: "long") }
        load.plain.append(plain.seconds * 1e3)
        load.ours.append(ours.seconds * 1e3)
        work.plain.append(plain.processor * 1e3)
        work.ours.append(ours.processor * 1e3)
        guard let loaded, loaded.report.isIntact, loaded.entries.count == size.entries else {
            throw Failure("\(loaded?.entries.count ?? 0) entries were loaded")
        }
        view.ours.append(
            try await seconds {
                let messages = ConversationView(entries: loaded.decoded).messages.count
                try check(messages > size.entries / 5, "the view has \(messages) messages")
            } * 1e3)
        turn.ours.append(
            try await seconds {
                let began = try await store.latestTurn(session: "long")
                try check(began?.payload.kind == "turnBegan", "the last turn is missing")
            } * 1e3)
    }
    await store.database.close()
    return [load, work, view, turn]
}

/// Turns of ten entries each: a question, two calls of a tool, an answer in pieces.
private func fill(_ store: ConversationStore, entries: Int) async throws {
    for number in 0..<entries / 10 {
        let turn = try await store.begin("long", String(repeating: "What is the weather in Berlin today? ", count: 8))
        let call = ToolCall(
            id: "call_\(number)", name: "read_file", arguments: #"{"path": "notes.txt", "lines": [1, 200]}"#)
        let other = ToolCall(id: "other_\(number)", name: "forecast", arguments: #"{"city": "Berlin"}"#)
        try await turn.append([
            .message(Message(role: .assistant, parts: [.toolCall(call), .toolCall(other)])),
            .toolStarted(turn: turn.turn, call: call, isRepeatable: true),
            .toolFinished(
                turn: turn.turn,
                result: ToolResult(callID: call.id, text: String(repeating: "line \"of\" text\n", count: 40))),
            .toolStarted(turn: turn.turn, call: other, isRepeatable: true),
            .toolFinished(turn: turn.turn, result: ToolResult(callID: other.id, text: #"{"sky": "clear"}"#)),
            .partial(turn: turn.turn, text: String(repeating: "It is sunny, says the forecast. ", count: 10)),
            .partial(turn: turn.turn, text: "And so it goes on for a little while."),
        ])
        try await turn.end(
            answer: Message(.assistant, String(repeating: "It is sunny, says the forecast. ", count: 10)),
            model: "m", target: "p/m", usage: Usage(inputTokens: 100, outputTokens: 20))
    }
}
