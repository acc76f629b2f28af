import SageSessions
import SageStorage
import Testing

struct TurnTests {
    @Test(arguments: Backend.available)
    func aTurnIsWrittenEntryByEntry(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            let turn = try await store.begin("s1", "What time is it?")
            #expect(try await store.state("s1") == .running)
            try await turn.checkpoint("It is ")
            try await turn.toolStarted(ToolCall(id: "c1", name: "clock"))
            try await turn.toolFinished(ToolResult(callID: "c1", text: "noon"))
            let end = try await turn.end(
                answer: Message(.assistant, "It is noon."), model: "smart", target: "openai/gpt",
                usage: Usage(inputTokens: 3, outputTokens: 4), stopReason: "stop")
            let loaded = try await store.load(session: "s1")
            #expect(
                loaded.entries.map(\.kind) == [
                    "turnBegan", "message", "partial", "toolStarted", "toolFinished", "turnEnded",
                ])
            #expect(loaded.entries.map(\.seq) == Array(1...6))
            #expect(loaded.entries.last == end)
            #expect(loaded.report.isIntact)
            #expect(loaded.report.recovered == 6)
            #expect(loaded.summary.state == .idle)
            #expect(loaded.summary.messageCount == 2)
            #expect(loaded.summary.epoch == 1)
            #expect(loaded.entries.allSatisfy { $0.epoch == 1 && $0.isIntact })
            #expect(loaded.decoded[1].payload == .message(Message(.user, "What time is it?")))
            await #expect(throws: SessionError.turnEnded(session: "s1")) { try await turn.checkpoint("more") }
        }
    }

    @Test(arguments: Backend.available)
    func asLongAsATurnRunsNoOtherBegins(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            let other = try bench.store(process: 2)
            let turn = try await store.begin("s1")
            for store in [store, other] {
                guard case .running = try await store.beginTurn(session: "s1", message: Message(.user, "Me too")) else {
                    Issue.record("a second turn began")
                    return
                }
                await #expect(throws: SessionError.running(session: "s1")) { try await store.resume(session: "s1") }
            }
            try await turn.end()
            #expect(try await other.begin("s1").epoch == 2)
        }
    }

    @Test(arguments: Backend.available)
    func aTurnWhoseHandleIsDroppedIsInterrupted(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            try await store.begin("s1").checkpoint("Some")
            #expect(try await store.state("s1") == .interrupted)
            // Others cannot know before it is written down.
            let other = try bench.store(process: 2)
            #expect(try await other.state("s1") == .running)
            #expect(try await store.recordInterruptions() == 1)
            #expect(try await other.state("s1") == .interrupted)
            #expect(try await store.recordInterruptions() == 0)
            let resumed = try await other.resume(session: "s1")
            try await resumed.end(answer: Message(.assistant, "Something"))
            #expect(
                try await store.kinds("s1") == ["turnBegan", "message", "partial", "interrupted", "turnEnded"])
        }
    }

    @Test(arguments: Backend.available)
    func aResumedTurnKeepsItsNameAndItsKey(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            let turn = try await store.begin("s1", key: "k", fingerprint: "f")
            try await turn.interrupt(reason: "shutdown")
            guard
                case .interrupted = try await store.beginTurn(
                    session: "s1", message: Message(.user, "Hello"), idempotencyKey: "k", fingerprint: "f")
            else {
                Issue.record("not found interrupted")
                return
            }
            let resumed = try await store.resume(session: "s1")
            #expect(resumed.turn == turn.turn)
            #expect(resumed.epoch == 2)
            #expect(resumed.lastSequence == 3)
            let end = try await resumed.end(answer: Message(.assistant, "Hi"))
            guard
                case .finished(let entry) = try await store.beginTurn(
                    session: "s1", message: Message(.user, "Hello"), idempotencyKey: "k", fingerprint: "f")
            else {
                Issue.record("not found finished")
                return
            }
            #expect(entry == end)
        }
    }

    @Test(arguments: Backend.available)
    func anotherMessageLeavesAnInterruptedTurnBehind(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            let other = try bench.store(process: 2)
            let lost = try await other.begin("s1", key: "k")
            try await lost.checkpoint("Half")
            bench.world.kill(2)
            #expect(try await store.state("s1") == .interrupted)
            let turn = try await store.begin("s1", "And now?")
            try await turn.end()
            #expect(
                try await store.kinds("s1") == [
                    "turnBegan", "message", "partial", "interrupted", "turnBegan", "message", "turnEnded",
                ])
            await #expect(throws: SessionError.nothingToResume(session: "s1")) {
                try await store.resume(session: "s1")
            }
            // The key's turn is not the last one any more and has no answer: it is asked anew.
            #expect(try await store.begin("s1", key: "k").began.map(\.kind) == ["turnBegan", "message"])
        }
    }

    @Test(arguments: Backend.available)
    func aWriterThatWasTakenForDeadIsFencedOff(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            let elsewhere = try bench.store(process: 7, host: "there", boot: "other")
            let turn = try await elsewhere.begin("s1")
            try await turn.checkpoint("a")
            bench.world.advance(.seconds(16))
            let resumed = try await store.resume(session: "s1")
            let fenced = SessionError.fenced(session: "s1")
            await #expect(throws: fenced) { try await turn.checkpoint("b") }
            await #expect(throws: fenced) { try await turn.append([.note(1)]) }
            await #expect(throws: fenced) { try await turn.toolStarted(ToolCall(id: "c", name: "t")) }
            await #expect(throws: fenced) { try await turn.end() }
            await #expect(throws: fenced) { try await turn.interrupt() }
            try await resumed.end()
            await #expect(throws: fenced) { try await turn.end() }
            #expect(
                try await store.kinds("s1") == ["turnBegan", "message", "partial", "interrupted", "turnEnded"])
        }
    }

    @Test(arguments: Backend.available)
    func anAppendOfTheSameIdsIsDoneOnce(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            let turn = try await store.begin("s1")
            let first = try await turn.append([.note(1), .note(2)], ids: ["a", "b"])
            let again = try await turn.append([.note(2), .note(3)], ids: ["b", "c"])
            #expect(again[0] == first[1])
            #expect(again[1].seq == first[1].seq + 1)
            await #expect(
                throws: SessionError.conflict(session: "s1", reason: "an entry of the same id says something else")
            ) {
                try await turn.append([.note(9), .note(2)], ids: ["d", "a"])
            }
            // Equal as Swift compares texts, and different ids all the same.
            let ids = ["caf\u{e9}", "cafe\u{301}"]
            #expect(try await turn.append([.note(1), .note(2)], ids: ids).map(\.seq) == [6, 7])
            #expect(try await store.load(session: "s1").entries.count == 7)
            for ids in [["x"], ["x", "x"], ["x", ""], ["x", "a\0"], ["x", String(repeating: "y", count: 1_025)]] {
                await #expect(throws: SessionError.self) {
                    try await turn.append([.note(1), .note(2)], ids: ids)
                }
            }
            try await turn.append([])
            #expect(try await store.load(session: "s1").entries.count == 7)
        }
    }

    @Test(arguments: Backend.available)
    func aCancelledTaskStillEndsItsTurn(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            let turn = try await store.begin("s1")
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await turn.end(outcome: .cancelled)
            }
            _ = try await task.value
            #expect(try await store.state("s1") == .idle)
        }
    }

    @Test(arguments: Backend.available)
    func aStoreThatRetiresLeavesItsTurnsToOthers(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            let turn = try await store.begin("s1")
            try await store.retire()
            #expect(try await store.state("s1") == .interrupted)
            await #expect(throws: SessionError.fenced(session: "s1")) { try await turn.end() }
            #expect(try await bench.database.fetchValue("SELECT COUNT(*) FROM sage_owners") == 0)
            // It takes its place again with the next write.
            _ = try await store.resume(session: "s1")
            #expect(try await bench.database.fetchValue("SELECT COUNT(*) FROM sage_owners") == 1)
        }
    }
}
