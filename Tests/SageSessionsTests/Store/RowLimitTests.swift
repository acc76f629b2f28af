import SageResilience
import SageStorage
import Testing

@testable import SageSessions

struct RowLimitTests {
    @Test func noEntryIsLargerThanARowOfItsDatabase() async throws {
        let database = try SQLiteDatabase("small", SQLiteConfiguration(.memory, maxValueBytes: 100_000))
        let store = try ConversationStore(database)
        try await store.prepare()
        let limit = store.configuration.maxEntryBytes
        #expect((90_000..<100_000).contains(limit))
        let turn = try await store.begin("s1")
        let name = String(repeating: "n", count: 1_024)
        let frame = EntryPayload.partial(turn: turn.turn, text: "").jsonBytes.count
        func append(_ bytes: Int) async throws {
            let text = String(repeating: "x", count: bytes - frame)
            try await turn.append([.partial(turn: turn.turn, text: text)], ids: [name])
        }
        await #expect(throws: SessionError.tooLarge(field: "partial", bytes: limit + 1, allowed: limit)) {
            try await append(limit + 1)
        }
        try await append(limit)
        let loaded = try await store.load(session: "s1")
        #expect(loaded.report.isIntact && loaded.entries.last?.payload.count == limit)
        try await turn.end()
        await database.close()
    }

    @Test func aDatabaseThatTakesHardlyAnythingIsRefused() throws {
        let database = try SQLiteDatabase("tiny", SQLiteConfiguration(.memory, maxValueBytes: 5_000))
        let error = #expect(throws: ConfigurationError.self) { try ConversationStore(database) }
        #expect(error?.field == "maxRowBytes")
    }
}
