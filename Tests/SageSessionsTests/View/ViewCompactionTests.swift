import SageSessions
import Testing

struct ViewCompactionTests {
    static func texts(_ payloads: [EntryPayload]) -> [String] {
        let entries = payloads.enumerated().map { DecodedEntry(seq: Int64($0 + 1), id: "", payload: $1) }
        return ConversationView(entries: entries, policy: ViewPolicy(mergesRoles: false)).messages.map(\.text)
    }
    static let talk: [EntryPayload] = ["1", "2", "3", "4"].map { .message(Message(.user, $0)) }
    static func summary(_ text: String, _ covers: ClosedRange<Int64>) -> EntryPayload {
        .compaction(summary: Message(.user, text), covers: covers)
    }

    @Test(
        "the place of a summary is where its range began",
        arguments: [
            ([summary("s", 1...3)], ["s", "4"]), ([summary("s", 2...3)], ["1", "s", "4"]),
            ([summary("s", 1...99)], ["s"]), ([summary("s", 9...12)], ["1", "2", "3", "4"]),
            ([summary("s", 1...2), summary("t", 1...4)], ["t"]),
            ([summary("s", 1...2), summary("t", 1...5)], ["t"]),
            ([summary("s", 1...3), summary("t", 2...4)], ["s", "t"]),
            ([summary("s", 1...3), summary("t", 1...2)], ["s", "t", "4"]),
            ([summary("s", 1...3), .compactionUndone(5)], ["1", "2", "3", "4"]),
            ([summary("s", 1...2), summary("t", 1...5), .compactionUndone(6)], ["s", "3", "4"]),
            ([summary("s", 1...3), .compactionUndone(4), .compactionUndone(99)], ["s", "4"]),
            ([summary("s", 1...3), .compactionUndone(5), summary("t", 1...1)], ["t", "2", "3", "4"]),
        ])
    func summaries(payloads: [EntryPayload], expected: [String]) {
        #expect(Self.texts(Self.talk + payloads) == expected)
    }

    @Test("claude-code#46603: a compaction between a call and its result")
    func aCutThroughAPairStaysLegal() {
        let call = ToolCall(id: "c1", name: "f")
        let payloads: [EntryPayload] = [
            .message(Message(.user, "q")), .message(Message(role: .assistant, parts: [.toolCall(call)])),
            .toolFinished(turn: "t", result: ToolResult(callID: "c1", text: "r")), .message(Message(.assistant, "a")),
            .compaction(summary: Message(.user, "s"), covers: 1...2),
        ]
        let entries = payloads.enumerated().map { DecodedEntry(seq: Int64($0 + 1), id: "", payload: $1) }
        let view = ConversationView(entries: entries)
        #expect(view.messages.map(\.text) == ["s", "a"])
        #expect(view.repairCounts == [.orphanResult: 1])
    }
}
