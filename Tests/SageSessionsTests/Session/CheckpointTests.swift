import SageSessions
import Synchronization
import Testing

struct CheckpointTests {
    @Test func aPacerWaitsForTimeOrBytes() {
        var pacer = CheckpointPacer(delay: .milliseconds(200), bytes: 10)
        func add(_ text: String, _ milliseconds: Int) -> Bool { pacer.add(text, at: .milliseconds(milliseconds)) }
        func take() -> String { pacer.take() }
        #expect(pacer.deadline == nil)
        #expect(!pacer.isDue(at: .seconds(100)))
        #expect(!add("", 0))
        #expect(pacer.deadline == nil)
        #expect(!add("abc", 50))
        #expect(pacer.deadline == .milliseconds(250))
        #expect(!add("def", 249))
        #expect(pacer.isDue(at: .milliseconds(250)))
        #expect(add("ghij", 249))
        #expect(take() == "abcdefghij")
        #expect(pacer.deadline == nil)
        #expect(take().isEmpty)
    }

    @Test(arguments: [(-1, 0), (0, -5)])
    func nonsenseCountsAsTheSmallest(milliseconds: Int, bytes: Int) {
        var pacer = CheckpointPacer(delay: .milliseconds(milliseconds), bytes: bytes)
        let isDue = pacer.add("a", at: .zero)
        #expect(isDue)
        #expect(pacer.delay == .zero)
        #expect(pacer.bytes == 1)
    }

    @Test(arguments: Backend.available)
    func aStreamIsKeptWhileItRunsAndItsRestAtTheEnd(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            let turn = try await store.begin("s1")
            let pieces = (0..<200).map { "piece \($0) " }
            await turn.withCheckpoints(pacer: CheckpointPacer(delay: .seconds(3_600), bytes: 100)) { checkpoints in
                for piece in pieces { checkpoints.sent(piece) }
            }
            let loaded = try await store.load(session: "s1")
            var text = ""
            for case .partial(_, let piece) in loaded.decoded.map(\.payload) { text += piece }
            #expect(text == pieces.joined())
            try await turn.end()
        }
    }

    @Test func whatWasWrittenWithoutAWordIsThereOnce() async throws {
        try await Bench.run(.sqliteMemory) { bench in
            let database = ForgetfulDatabase(base: bench.database)
            let store = try ConversationStore(
                database, environment: bench.world.environment(process: 1, host: "here", boot: "first"))
            let turn = try await store.begin("s1")
            database.forgets(next: 2)
            let failures = Mutex(0)
            await turn.withCheckpoints(
                pacer: CheckpointPacer(delay: .milliseconds(1)), onFailure: { _ in failures.withLock { $0 += 1 } }
            ) { checkpoints in
                checkpoints.sent("once ")
                await database.waitUntilRemembering()
                checkpoints.sent("and for all")
            }
            #expect(failures.withLock(\.self) == 1)
            var text = ""
            for case .partial(_, let piece) in try await store.load(session: "s1").decoded.map(\.payload) {
                text += piece
            }
            #expect(text == "once and for all")
            try await turn.end()
        }
    }

    @Test func whatIsLetGoIsNotWritten() async throws {
        try await Bench.run(.sqliteMemory) { bench in
            let store = try bench.store()
            let turn = try await store.begin("s1")
            let pacer = CheckpointPacer(delay: .seconds(3_600))
            await turn.withCheckpoints(pacer: pacer) { checkpoints in
                checkpoints.sent("the whole answer")
                checkpoints.discard()
            }
            #expect(try await store.kinds("s1").last == "message")
            await turn.withCheckpoints(pacer: pacer) { checkpoints in
                checkpoints.sent("a draft")
                checkpoints.discard()
                checkpoints.sent("an answer")
            }
            let last = try await store.load(session: "s1").decoded.last?.payload
            #expect(last == .partial(turn: turn.turn, text: "an answer"))
            try await turn.end()
        }
    }

    @Test(arguments: Backend.available, [false, true])
    func whatWasSentIsKeptWhenTheStreamEndsBadly(backend: Backend, isCancelled: Bool) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            let turn = try await store.begin("s1")
            let task = Task {
                try await turn.withCheckpoints { checkpoints in
                    checkpoints.sent("half an ans")
                    if isCancelled { withUnsafeCurrentTask { $0?.cancel() } }
                    try Task.checkCancellation()
                    throw Unexpected(what: "the provider is gone")
                }
            }
            await #expect(throws: (any Error).self) { try await task.value }
            #expect(try await store.kinds("s1").last == "partial")
            try await turn.end(outcome: isCancelled ? .cancelled : .failed)
        }
    }

    @Test(arguments: Backend.available)
    func aWriterThatIsFencedOffSaysSoAndDisturbsNothing(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let turn = try await bench.store(process: 2, host: "there").begin("s1")
            bench.world.advance(.seconds(20))
            let resumed = try await bench.store().resume(session: "s1")
            let seen = Mutex<CheckpointWriter?>(nil)
            let told = Mutex<[SessionError?]>([])
            await turn.withCheckpoints(onFailure: { error in told.withLock { $0.append(error as? SessionError) } }) {
                checkpoints in
                checkpoints.sent("late")
                seen.withLock { $0 = checkpoints }
            }
            let failure = seen.withLock { $0?.failure } as? SessionError
            #expect(failure == .fenced(session: "s1"))
            #expect(told.withLock(\.self) == [.fenced(session: "s1")])
            try await resumed.end()
        }
    }
}
