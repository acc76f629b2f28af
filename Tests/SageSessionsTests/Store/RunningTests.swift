import SageStorage
import SageTesting
import Synchronization
import Testing

@testable import SageSessions

struct RunningTests {
    @Test(arguments: Backend.available)
    func aStoreThatRunsKeepsItselfInOrder(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let clock = TestClock()
            let configuration = ConversationStoreConfiguration(
                retention: Retention(age: .seconds(60)), sweepInterval: .seconds(30))
            let store = try ConversationStore(
                bench.database, configuration: configuration, environment: bench.world.environment(clock: clock))
            try await store.exchange("old")
            _ = try await bench.store(process: 2).begin("lost")
            bench.world.kill(2)
            let running = Task { await store.run() }
            // The first round records what was broken off.
            await clock.waitForSleepers(1)
            #expect(try await store.kinds("lost").last == "interrupted")
            let first = try await bench.database.fetchValue("SELECT MAX(heartbeat) FROM sage_owners")
            bench.world.advance(.seconds(4))
            clock.advance(by: .seconds(4))
            await clock.waitForSleepers(1)
            let second = try await bench.database.fetchValue("SELECT MAX(heartbeat) FROM sage_owners")
            #expect((second.integer ?? 0) - (first.integer ?? 0) == 4_000)
            bench.world.advance(.seconds(61))
            for _ in 0..<8 {
                clock.advance(by: .seconds(4))
                await clock.waitForSleepers(1)
            }
            #expect(try await store.list().sessions.isEmpty)
            running.cancel()
            await running.value
        }
    }

    @Test(arguments: Backend.available)
    func aFailureOfWhatRunsIsToldOnceAndEndsNothing(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let clock = TestClock()
            let configuration = ConversationStoreConfiguration(sweepInterval: .seconds(4))
            let store = try ConversationStore(
                bench.database, configuration: configuration, environment: bench.world.environment(clock: clock))
            try await bench.database.execute("ALTER TABLE sage_turn_keys RENAME TO hidden")
            let failures = Mutex<[String]>([])
            let running = Task { await store.run { error in failures.withLock { $0.append("\(error)") } } }
            await clock.waitForSleepers(1)
            func round() async {
                clock.advance(by: .seconds(4))
                await clock.waitForSleepers(1)
            }
            await round()
            #expect(failures.withLock(\.count) == 1)
            try await bench.database.execute("ALTER TABLE hidden RENAME TO sage_turn_keys")
            await round()
            #expect(failures.withLock(\.count) == 1)
            try await bench.database.execute("ALTER TABLE sage_turn_keys RENAME TO hidden")
            await round()
            #expect(failures.withLock(\.count) == 2)
            running.cancel()
            await running.value
        }
    }

    @Test(arguments: Backend.available)
    func whatCannotBeDoneForOneIsDoneForTheOthers(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            for session in ["s1", "s2", "s3"] { try await store.exchange(session) }
            var failure: (any Error)?
            let bad = SessionError.damaged(session: "s2", reason: "for a test")
            let done = try await store.each(["s1", "s2", "s3"], &failure) { transaction, session in
                guard let row = try transaction.lock(session) else { return String?.none }
                try transaction.remove(row)
                if session == "s2" { throw bad }
                return session
            }
            #expect(done == ["s1", "s3"])
            #expect(failure as? SessionError == bad)
            #expect(try await store.list().sessions.map(\.id) == ["s2"])
            // What is not about one of them ends the work.
            await #expect(throws: StorageError.self) {
                _ = try await store.each(["s2"], &failure) { transaction, _ -> Bool? in
                    try transaction.sql.execute("nonsense")
                    return true
                }
            }
        }
    }

    @Test(arguments: Backend.available)
    func preparingTwiceIsOnce(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for process: Int64 in 1...8 {
                    group.addTask { try await bench.store(process: process).prepare() }
                }
                try await group.waitForAll()
            }
            try await bench.store().exchange("s1")
            try await bench.database.execute(
                """
                INSERT INTO sage_schema (component, version, title, checksum, applied_at)
                VALUES ('sessions', 1000, 'later', 0, 0)
                """)
            let error = await #expect(throws: StorageError.self) { try await bench.store().prepare() }
            #expect(error?.problem == .newerSchema)
        }
    }

    @Test(arguments: Backend.available, [SyncPolicy.always, .perTurn, .interval(.seconds(1))])
    func everyPolicyKeepsTheLog(backend: Backend, policy: SyncPolicy) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store(configuration: ConversationStoreConfiguration(sync: policy))
            let turn = try await store.begin("s1")
            try await turn.checkpoint("a")
            try await turn.toolStarted(ToolCall(id: "c", name: "t"))
            try await turn.toolFinished(ToolResult(callID: "c", text: "r"))
            try await turn.end()
            try await store.beat()
            #expect(try await store.load(session: "s1").report.recovered == 6)
        }
    }
}
