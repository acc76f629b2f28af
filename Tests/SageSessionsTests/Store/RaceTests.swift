import SageSessions
import SageStorage
import Testing

struct RaceTests {
    @Test(arguments: Backend.available)
    func ofManyTurnsThatBeginAtOnceOneDoes(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let stores = try (1...4).map { try bench.store(process: $0) }
            let starts = try await withThrowingTaskGroup(of: TurnStart.self) { group in
                for index in 0..<32 {
                    group.addTask {
                        try await stores[index % 4].beginTurn(session: "s1", message: Message(.user, "\(index)"))
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let begun = starts.compactMap { if case .began(let turn) = $0 { turn } else { nil } }
            let running = starts.count { if case .running = $0 { true } else { false } }
            #expect(begun.count == 1)
            #expect(running == 31)
            #expect(try await stores[0].kinds("s1") == ["turnBegan", "message"])
            try await begun.first?.end()
        }
    }

    @Test(arguments: Backend.available)
    func ofManyTurnsOfOneKeyOneIsPaidFor(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let stores = try (1...4).map { try bench.store(process: $0) }
            let answers = try await withThrowingTaskGroup(of: Int64?.self) { group in
                for index in 0..<32 {
                    group.addTask {
                        let start = try await stores[index % 4].beginTurn(
                            session: "s1", message: Message(.user, "Hello"), idempotencyKey: "k")
                        switch start {
                        case .began(let turn): return try await turn.end(answer: Message(.assistant, "Hi")).seq
                        case .finished(let entry): return entry.seq
                        default: return nil
                        }
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(answers.compactMap(\.self)) == [3])
            #expect(try await stores[0].kinds("s1") == ["turnBegan", "message", "turnEnded"])
        }
    }

    @Test(arguments: Backend.available)
    func ofManyThatResumeOneDoes(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let stores = try (1...4).map { try bench.store(process: $0) }
            _ = try await bench.store(process: 9).begin("s1")
            bench.world.kill(9)
            let resumed = try await withThrowingTaskGroup(of: OpenTurn?.self) { group in
                for index in 0..<32 {
                    group.addTask {
                        do {
                            return try await stores[index % 4].resume(session: "s1")
                        } catch SessionError.running {
                            return nil
                        }
                    }
                }
                return try await group.reduce(into: [OpenTurn]()) { if let turn = $1 { $0.append(turn) } }
            }
            #expect(resumed.count == 1)
            #expect(try await stores[0].kinds("s1") == ["turnBegan", "message", "interrupted"])
            try await resumed.first?.end()
        }
    }

    @Test(arguments: Backend.available)
    func appendsThatRunAtOnceLeaveNoGap(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            let turns = try await [store.begin("s1"), store.begin("s2")]
            let entries = try await withThrowingTaskGroup(of: [LogEntry].self) { group in
                for index in 0..<64 {
                    group.addTask {
                        try await turns[index % 2].append([.note(index)])
                    }
                }
                return try await group.reduce(into: [Int64]()) { $0 += $1.map(\.seq) }
            }
            #expect(entries.sorted() == (3...34).flatMap { [$0, $0] })
            for session in ["s1", "s2"] {
                let loaded = try await store.load(session: session)
                #expect(loaded.entries.map(\.seq) == Array(1...34))
                #expect(loaded.report.isIntact)
            }
            for turn in turns { try await turn.end() }
        }
    }

    @Test(arguments: Backend.available)
    func conversationsThatShareALargeContentComeAndGoAtOnce(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            let large = String(repeating: "x", count: 100_000)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<16 {
                    group.addTask {
                        try await store.exchange("s\(index)", large, answer: large)
                        if index % 2 == 0 { try await store.delete(session: "s\(index)") }
                    }
                }
                try await group.waitForAll()
            }
            for index in stride(from: 1, to: 16, by: 2) {
                #expect(try await store.load(session: "s\(index)").report.isIntact)
                try await store.delete(session: "s\(index)")
            }
            #expect(try await bench.database.fetchValue("SELECT COUNT(*) FROM sage_blobs") == 0)
            #expect(try await bench.database.fetchValue("SELECT COUNT(*) FROM sage_entries") == 0)
        }
    }
}
