import SageSessions
import SageStorage
import Testing

/// What is reported of conversations whose rows were changed behind the store's back.
struct DamageTests {
    /// One way to damage the fourth of six entries, and what a load says of it.
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var sql: String
        var dropped: [Int64] = [4]
        var gaps: [ClosedRange<Int64>] = []
        var word: String

        static let all: [Case] = [
            Case(
                testDescription: "content", sql: "UPDATE sage_entries SET payload = $B WHERE seq = 4", word: "checksum"),
            Case(
                testDescription: "no content", sql: "UPDATE sage_entries SET payload = NULL WHERE seq = 4", word: "gone"
            ),
            Case(testDescription: "time", sql: "UPDATE sage_entries SET created = 7 WHERE seq = 4", word: "checksum"),
            Case(testDescription: "name", sql: "UPDATE sage_entries SET id = 'other' WHERE seq = 4", word: "checksum"),
            Case(
                testDescription: "kind", sql: "UPDATE sage_entries SET kind = 'partial' WHERE seq = 4", word: "checksum"
            ),
            Case(testDescription: "epoch", sql: "UPDATE sage_entries SET epoch = 9 WHERE seq = 4", word: "checksum"),
            Case(
                testDescription: "checksum", sql: "UPDATE sage_entries SET checksum = 1 WHERE seq = 4", word: "checksum"
            ),
            Case(
                testDescription: "checksum beyond 32 bits",
                sql: "UPDATE sage_entries SET checksum = checksum + 4294967296 WHERE seq = 4", word: "checksum"),
            Case(
                testDescription: "moved", sql: "UPDATE sage_entries SET seq = 40 WHERE seq = 4", dropped: [40],
                gaps: [4...4, 7...39], word: "checksum"),
            Case(
                testDescription: "missing", sql: "DELETE FROM sage_entries WHERE seq = 4", dropped: [], gaps: [4...4],
                word: ""),
            Case(
                testDescription: "torn", sql: "DELETE FROM sage_entries WHERE seq > 3", dropped: [], gaps: [4...6],
                word: ""),
        ]
    }

    private func fill(_ store: ConversationStore) async throws {
        let turn = try await store.begin("s1")
        try await turn.append([.note(1), .note(2), .note(3)])
        try await turn.end()
    }

    @Test(arguments: Backend.available, Case.all)
    func oneBadEntryIsReportedAndTheRestIsThere(backend: Backend, example: Case) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            try await fill(store)
            let blob = backend == .postgres ? "'\\x7b7d'::bytea" : "X'7B7D'"
            try await bench.database.execute(example.sql.replacing("$B", with: blob))
            let report = try await store.load(session: "s1").report
            #expect(report.dropped.map(\.seq) == example.dropped)
            #expect(report.gaps == example.gaps)
            #expect(report.dropped.allSatisfy { $0.reason.contains(example.word) && !$0.isQuarantined })
            #expect(!report.isIntact)
            // Reading changes nothing.
            #expect(try await bench.database.fetchValue("SELECT COUNT(*) FROM sage_quarantine") == 0)

            let repair = try await store.repair(session: "s1")
            #expect(repair.quarantined == example.dropped.count)
            #expect(repair.recorded.count == example.dropped.count + example.gaps.count)
            #expect(repair.load.dropped.allSatisfy { $0.isQuarantined })
            #expect(repair.load.repairs == repair.recorded)
            #expect(try await store.repair(session: "s1").isNothing)
            #expect(
                try await bench.database.fetchValue("SELECT COUNT(*) FROM sage_quarantine")
                    == .integer(Int64(example.dropped.count)))
            // Life goes on.
            try await store.exchange("s1")
            let loaded = try await store.load(session: "s1")
            #expect(loaded.entries.map(\.seq) == loaded.entries.map(\.seq).sorted())
            #expect(loaded.decoded.last?.payload.kind == "turnEnded")
        }
    }

    @Test(arguments: Backend.available)
    func aLargeContentThatIsDamagedIsReportedAndMendedByTheSameContent(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            let large = String(repeating: "x", count: 100_000)
            try await store.exchange("s1", large)
            let blob = backend == .postgres ? "'\\x00'::bytea" : "X'00'"
            try await bench.database.execute("UPDATE sage_blobs SET data = \(blob)")
            #expect(try await store.load(session: "s1").report.dropped.map(\.seq) == [2])
            try await store.exchange("s2", large)
            #expect(try await store.load(session: "s1").report.isIntact)
            try await bench.database.execute("DELETE FROM sage_blobs")
            #expect(try await store.load(session: "s1").report.dropped.first?.reason == "its large content is gone")
            try await store.delete(session: "s1")
        }
    }

    @Test(arguments: Backend.available)
    func aRowThatCountsWrongIsMended(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            try await fill(store)
            try await bench.database.execute("UPDATE sage_sessions SET last_seq = 2, messages = 99, bytes = 0")
            #expect(try await store.load(session: "s1").report.problems.count == 1)
            #expect(try await store.repair(session: "s1").hasRecounted)
            #expect(try await store.summary(session: "s1").messageCount == 1)
            try await store.exchange("s1")
            #expect(try await store.load(session: "s1").report.isIntact)
        }
    }

    @Test(arguments: Backend.available)
    func anAnswerThatIsDamagedIsNotPaidForTwice(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            try await store.begin("s1", key: "k").end(answer: Message(.assistant, "Hi"))
            try await bench.database.execute("UPDATE sage_entries SET created = 7 WHERE seq = 3")
            await #expect(throws: SessionError.self) {
                _ = try await store.beginTurn(session: "s1", message: Message(.user, "Hello"), idempotencyKey: "k")
            }
        }
    }

    @Test(arguments: Backend.available)
    func aRunningConversationIsNotRepaired(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            let turn = try await bench.store(process: 2).begin("s1")
            await #expect(throws: SessionError.running(session: "s1")) { try await store.repair(session: "s1") }
            bench.world.kill(2)
            #expect(try await store.repair(session: "s1").hasRecordedInterruption)
            #expect(try await store.repair(session: "s1").isNothing)
            withExtendedLifetime(turn) {}
        }
    }
}
