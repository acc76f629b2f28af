import SageSessions
import SageStorage
import Testing

/// What the stores of other processes see of a turn whose owner is no more.
struct InterruptionTests {
    @Test(arguments: Backend.available)
    func aTurnOfADeadProcessIsInterruptedWhoeverLooks(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            let dying = try bench.store(process: 2)
            let turn = try await dying.begin("s1")
            try await store.exchange("s2")
            #expect(try await store.state("s1") == .running)
            bench.world.kill(2)
            #expect(try await store.state("s1") == .interrupted)
            #expect(try await store.load(session: "s1").summary.state == .interrupted)
            #expect(try await store.list().sessions.map(\.state) == [.idle, .interrupted])
            #expect(try await store.list(state: .interrupted).sessions.map(\.id) == ["s1"])
            #expect(try await store.list(state: .running).sessions.isEmpty)
            #expect(try await store.list(state: .idle).sessions.map(\.id) == ["s2"])
            #expect(try await store.counts() == [.idle: 1, .running: 0, .interrupted: 1])
            // Nothing of all this has written anything.
            #expect(try await store.kinds("s1") == ["turnBegan", "message"])
            withExtendedLifetime(turn) {}
        }
    }

    @Test(arguments: Backend.available)
    func aProcessThatGotTheNumberOfADeadOneIsNotTakenForIt(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            let turn = try await bench.store(process: 2).begin("s1")
            bench.world.kill(2)
            bench.world.start(2, at: 999)
            #expect(try await store.state("s1") == .interrupted)
            withExtendedLifetime(turn) {}
        }
    }

    @Test(arguments: Backend.available)
    func aSilentOwnerOnAnotherHostLosesItsTurnsAfterTheLease(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            let elsewhere = try bench.store(process: 2, host: "there")
            let turn = try await elsewhere.begin("s1")
            bench.world.advance(.seconds(15))
            #expect(try await store.state("s1") == .running)
            // Writing says that it lives.
            try await turn.checkpoint("a")
            bench.world.advance(.seconds(15))
            #expect(try await store.state("s1") == .running)
            bench.world.advance(.seconds(1))
            #expect(try await store.state("s1") == .interrupted)
            try await elsewhere.beat()
            #expect(try await store.state("s1") == .running)
            try await turn.end()
        }
    }

    @Test(arguments: Backend.available)
    func aStepOfTheClockKillsNobody(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            let turn = try await bench.store(process: 2).begin("s1")
            for step: Int64 in [3_600_000, -7_200_000] {
                bench.world.step(step)
                #expect(try await store.state("s1") == .running)
            }
            try await turn.end()
            // The log's order is that of its places, whatever its times say.
            #expect(try await store.load(session: "s1").report.isIntact)
        }
    }

    @Test(arguments: Backend.available)
    func theFirstWriterRecordsTheInterruption(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            for session in ["s1", "s2", "s3"] {
                try await bench.store(process: 2).begin(session).checkpoint("Half")
            }
            bench.world.kill(2)
            #expect(try await store.recordInterruptions() == 3)
            #expect(try await store.recordInterruptions() == 0)
            let loaded = try await store.load(session: "s2")
            #expect(loaded.entries.map(\.kind) == ["turnBegan", "message", "partial", "interrupted"])
            guard case .interrupted(let turn, let reason)? = loaded.decoded.last?.payload else {
                Issue.record("no interruption")
                return
            }
            #expect(reason == "process_gone")
            #expect(turn == (try await store.resume(session: "s2").turn))
            #expect(try await store.sweep().forgottenOwners == 3)
        }
    }
}
