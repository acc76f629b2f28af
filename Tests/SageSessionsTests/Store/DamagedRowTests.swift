import SageSessions
import SageStorage
import Testing

/// Conversations whose own row was changed behind the store's back, while their entries are whole.
struct DamagedRowTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var column: String
        var value: String
        var backends = Backend.available

        var testDescription: String { "\(column) = \(value)" }

        /// PostgreSQL takes values of no other kind, but any number.
        static let all: [Case] =
            ["created", "updated", "status", "epoch", "last_seq", "messages", "bytes"].flatMap { column in
                ["'text'", "X'00'", "1.5"].map {
                    Case(column: column, value: $0, backends: Backend.available.filter { $0 != .postgres })
                }
            }
            + ["status", "epoch", "last_seq", "messages", "bytes"].flatMap { column in
                ["-1", "9223372036854775807", "-9223372036854775808"].map { Case(column: column, value: $0) }
            }
    }

    private func damage(_ example: Case, of session: String, _ bench: Bench) async throws {
        #expect(
            try await bench.database.execute(
                "UPDATE sage_sessions SET \(example.column) = \(example.value) WHERE id = $1", [.text(session)]) == 1)
    }

    @Test(arguments: Case.all)
    func theEntriesTellWhatARowNoLongerDoes(example: Case) async throws {
        for backend in example.backends {
            try await Bench.run(backend) { bench in
                let store = try bench.store()
                let sessions = ["loaded", "used", "forked", "deleted"]
                for session in sessions { try await store.exchange(session) }
                let sound = try await store.summary(session: "loaded")
                _ = try await bench.store(process: 9).begin("lost")
                bench.world.kill(9)
                for session in sessions { try await damage(example, of: session, bench) }

                let loaded = try await store.load(session: "loaded")
                #expect(loaded.entries.count == 3)
                #expect(loaded.report.problems.count == 1)
                #expect(loaded.summary == sound)
                #expect(try await store.list().sessions.map(\.id) == ["lost"] + sessions.reversed())
                #expect(try await store.repair(session: "loaded").hasRecounted)
                #expect(try await store.load(session: "loaded").report.isIntact)
                #expect(try await store.repair(session: "loaded").isNothing)

                #expect(try await store.exchange("used").seq == 6)
                #expect(try await store.load(session: "used").report.isIntact)
                #expect(try await store.load(session: store.fork(session: "forked")).report.isIntact)
                try await store.delete(session: "deleted")

                // The others are looked after.
                #expect(try await store.recordInterruptions() == 1)
                #expect(try await store.sweep(Retention(count: 2, bytes: 1 << 40)).removed > 0)
            }
        }
    }

    @Test(arguments: Case.all.filter { $0.column != "created" && $0.column != "updated" })
    func aTurnThatWasBrokenOffIsResumedAllTheSame(example: Case) async throws {
        for backend in example.backends {
            try await Bench.run(backend) { bench in
                let store = try bench.store()
                let lost = try await bench.store(process: 9).begin("open")
                let recorded = try await store.begin("recorded")
                try await recorded.interrupt()
                bench.world.kill(9)
                for session in ["open", "recorded"] { try await damage(example, of: session, bench) }
                for (session, turn) in [("open", lost), ("recorded", recorded)] {
                    #expect(try await store.state(session) == .interrupted)
                    let resumed = try await store.resume(session: session)
                    #expect(resumed.turn == turn.turn)
                    try await resumed.end(answer: Message(.assistant, "Hi"))
                    await #expect(throws: SessionError.self) { try await turn.checkpoint("late") }
                    let loaded = try await store.load(session: session)
                    #expect(loaded.report.isIntact)
                    #expect(loaded.summary.state == .idle)
                    #expect(loaded.summary.messageCount == 2)
                }
            }
        }
    }

    @Test(arguments: Backend.available.filter { $0 != .postgres })
    func aPageOfRowsThatAreLostEndsNoList(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            for session in ["s1", "s2", "s3", "s4"] { try await store.exchange(session) }
            try await bench.database.execute("UPDATE sage_sessions SET id = CAST(num AS BLOB) WHERE id IN ('s2', 's3')")
            var seen: [String] = []
            var cursor: String?
            repeat {
                let page = try await store.list(cursor: cursor, limit: 1)
                seen += page.sessions.map(\.id)
                cursor = page.nextCursor
            } while cursor != nil
            #expect(seen == ["s4", "s1"])
        }
    }
}
