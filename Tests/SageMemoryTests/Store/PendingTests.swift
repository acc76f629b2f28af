import SageMemory
import SageResilience
import SageStorage
import SageTesting
import Synchronization
import Testing

@Suite(.serialized)
struct PendingTests {
    /// Runs a test with memories that have no vectors yet, as the embedder has failed.
    private func withPending(
        _ texts: [String], _ backend: MemoryBackend = .sqlite, maxBatchSize: Int = 4, breakerOf calls: Int? = nil,
        failure: any Error = ScriptedEmbedder.Down(),
        _ test: (MemoryStore, ScriptedEmbedder, WallTimer) async throws -> Void
    ) async throws {
        try await backend.with { database in
            let embedder = ScriptedEmbedder(maxBatchSize: maxBatchSize)
            let time = WallTimer()
            var configuration = MemoryConfiguration()
            if let calls {
                configuration.embedderBreaker = try CircuitBreakerConfiguration(
                    window: .calls(calls), minimumCalls: calls)
            }
            let store = try MemoryStore(
                database, embedder: embedder, configuration: configuration, clock: TestClock(), wallClock: time.now)
            embedder.behaviour = .fails(failure)
            try await store.saveBatch(texts.map { NewMemory($0) })
            try await test(store, embedder, time)
        }
    }

    @Test(arguments: MemoryBackend.available)
    func embedsWhatWaits(_ backend: MemoryBackend) async throws {
        try await backend.with { database in
            let embedder = ScriptedEmbedder(declares: false, maxBatchSize: 4)
            let time = WallTimer()
            let store = try MemoryStore(database, embedder: embedder, clock: TestClock(), wallClock: time.now)
            embedder.behaviour = .fails(ScriptedEmbedder.Down())
            try await store.saveBatch((0..<10).map { NewMemory("text \($0)") })
            embedder.behaviour = .works
            let progress = try await store.embedPending()
            #expect(progress.embedded == 10 && progress.remaining == 0 && progress.problem == nil)
            #expect(embedder.calls.suffix(3).map(\.count) == [4, 4, 2])
            let found = try await store.search("text 5", k: 1, mode: .vector)
            #expect(found.results.map(\.text) == ["text 5"] && found.degraded.isEmpty)
            #expect(try await store.embedPending().embedded == 0)
        }
    }

    @Test(arguments: MemoryBackend.available)
    func tellsOnceThatTheEmbedderDoesNotWorkAndOnceThatItDoes(_ backend: MemoryBackend) async throws {
        try await backend.with { database in
            let embedder = ScriptedEmbedder()
            let told = Mutex<[String?]>([])
            let store = try MemoryStore(
                database, embedder: embedder, clock: TestClock(),
                onEmbedderChange: { problem in told.withLock { $0.append(problem) } })
            try await store.save("apples")
            #expect(store.embedderProblem == nil)
            // A text that is refused, and a breaker that is open after failures, say nothing new.
            embedder.behaviour = .refuses("pears")
            try await store.save("pears")
            #expect(store.embedderProblem == nil)
            embedder.behaviour = .returns([[1, 2, 3]])
            for text in ["plums", "quinces", "medlars", "sloes", "figs"] { try await store.save(text) }
            let problem = try #require(store.embedderProblem)
            #expect(problem.hasPrefix("scripted returned a vector of 3 numbers; allowed is 8"))
            #expect(store.embedderBreaker.state == .open)
            embedder.behaviour = .works
            store.embedderBreaker.reset()
            try await store.save("cherries")
            #expect(store.embedderProblem == nil)
            #expect(told.withLock { $0 } == [problem, nil])
        }
    }

    @Test(arguments: MemoryBackend.available)
    func saysHowManyHaveNoVectorYet(_ backend: MemoryBackend) async throws {
        try await backend.with { database in
            let embedder = ScriptedEmbedder()
            let store = try MemoryStore(database, embedder: embedder, clock: TestClock())
            try await store.save("apples")
            embedder.behaviour = .refuses("pears")
            try await store.save("pears")
            let found = try await store.search("apples or a pear", k: 5)
            #expect(found.results.map(\.text) == ["apples"])
            #expect(
                found.degraded == [
                    Degradation(
                        .vectors,
                        why: "1 of 2 memories have no vector of scripted yet; only their words find them")
                ])
            #expect(try await store.search("apples", namespace: "elsewhere").degraded.isEmpty)
        }
    }

    @Test(arguments: MemoryBackend.available)
    func oneTextThatIsRefusedSpoilsNoOther(_ backend: MemoryBackend) async throws {
        let texts = (0..<6).map { "text \($0)" }
        try await withPending(texts, backend, failure: ScriptedEmbedder.Refusal()) { store, embedder, time in
            embedder.behaviour = .refuses("text 2")
            let progress = try await store.embedPending()
            #expect(
                progress.embedded == 5 && progress.refused == 1 && progress.remaining == 1 && progress.problem == nil)
            #expect(store.embedderBreaker.state == .closed)
            // Not asked again before an hour is over.
            embedder.behaviour = .works
            time.advance(milliseconds: 3_599_999)
            #expect(try await store.embedPending().embedded == 0)
            time.advance(milliseconds: 1)
            #expect(try await store.embedPending().embedded == 1)
        }
    }

    @Test(
        arguments: MemoryBackend.available,
        [["text 77,"], ["text 3,", "text 250,"], ["text 0,", "text 1,", "text 2,"]])
    func textsAtWhichTheEmbedderBreaksDownHoldUpNoOthers(_ backend: MemoryBackend, bad: [String]) async throws {
        let texts = (0..<256).map { "text \($0), " }
        try await withPending(texts, backend, maxBatchSize: 256, breakerOf: 1_000) { store, embedder, time in
            embedder.behaviour = .breaksAt(bad)
            // The first failure may be the embedder's own.
            #expect(try await store.embedPending().problem != nil)
            let calls = embedder.calls.count
            let progress = try await store.embedPending()
            #expect(progress.embedded == 256 - bad.count && progress.refused == bad.count)
            #expect(progress.remaining == bad.count && progress.problem == nil)
            #expect(embedder.calls.count - calls <= 1 + 16 * bad.count)
            // Put aside, and tried again like those that were refused.
            #expect(try await store.embedPending().embedded == 0)
            embedder.behaviour = .works
            time.advance(milliseconds: 3_600_000)
            #expect(try await store.embedPending().embedded == bad.count)
        }
    }

    @Test func theSearchForABadTextEndsWhenTheEmbedderIsDown() async throws {
        let texts = (0..<256).map { "text \($0)" }
        try await withPending(texts, maxBatchSize: 256, breakerOf: 1_000) { store, embedder, _ in
            for _ in 0..<8 {
                let calls = embedder.calls.count
                let progress = try await store.embedPending()
                #expect(progress.problem != nil && progress.refused == 0 && progress.remaining == 256)
                #expect(embedder.calls.count - calls <= 33)
            }
            embedder.behaviour = .works
            #expect(try await store.embedPending().embedded == 256)
        }
    }

    @Test func aTextAtWhichItAlwaysFailsIsPutAsideEvenAlone() async throws {
        try await withPending([], breakerOf: 1_000) { store, embedder, _ in
            embedder.behaviour = .zeroes("bad")
            #expect(try await store.save("bad").isPending)
            var rounds = 0
            while try await store.embedPending().problem != nil { rounds += 1 }
            #expect(rounds == 5)
            #expect(try await store.embedPending().refused == 0)
            #expect(try await store.save("good").isPending == false)
        }
    }

    @Test(arguments: MemoryBackend.available)
    func aVectorOfZerosSpoilsNoOther(_ backend: MemoryBackend) async throws {
        try await withPending((0..<6).map { "text \($0)" }, backend) { store, embedder, _ in
            embedder.behaviour = .zeroes("text 2")
            let progress = try await store.embedPending()
            #expect(progress.embedded == 5 && progress.refused == 1 && progress.remaining == 1)
            #expect(progress.problem == nil)
            #expect(store.embedderBreaker.state == .closed)
        }
    }

    @Test(arguments: MemoryBackend.available)
    func waitsForNoClockThatWasSetBack(_ backend: MemoryBackend) async throws {
        try await backend.with { database in
            let embedder = ScriptedEmbedder()
            let time = WallTimer()
            let store = try MemoryStore(database, embedder: embedder, clock: TestClock(), wallClock: time.now)
            embedder.behaviour = .fails(ScriptedEmbedder.Refusal())
            try await store.saveBatch((0..<3).map { NewMemory("text \($0)") })
            #expect(try await store.embedPending().refused == 3)
            embedder.behaviour = .works
            #expect(try await store.embedPending().embedded == 0)
            time.advance(milliseconds: -6 * 3_600_000)
            #expect(try await store.embedPending().embedded == 3)
        }
    }

    @Test func triesAgainWithGrowingWaitsUpToTheInterval() async throws {
        try await MemoryBackend.sqlite.with { database in
            let embedder = ScriptedEmbedder(maxBatchSize: 1)
            let clock = TestClock()
            let time = WallTimer()
            var configuration = MemoryConfiguration()
            // So that the breaker has no say.
            configuration.embedderBreaker = try CircuitBreakerConfiguration(minimumCalls: 100)
            let store = try MemoryStore(
                database, embedder: embedder, configuration: configuration, clock: clock, wallClock: time.now,
                random: .constant(1))
            embedder.behaviour = .fails(ScriptedEmbedder.Down())
            try await store.save("text")
            let task = Task { try await store.run() }
            var waits: [Int64] = []
            for _ in 0..<7 {
                // The limit of the attempt is ten seconds; the wait is what is still pending after it.
                var deadline = await clock.nextTimerScheduled()
                var wait = clock.now.duration(to: deadline)
                while wait == .seconds(10) {
                    deadline = await clock.nextTimerScheduled()
                    wait = clock.now.duration(to: deadline)
                }
                let milliseconds = Int64((wait / .milliseconds(1)).rounded())
                waits.append(milliseconds)
                time.advance(milliseconds: milliseconds)
                clock.advance(by: wait)
            }
            #expect(waits.map { ($0 + 500) / 1_000 } == [1, 2, 4, 8, 16, 30, 30])
            embedder.behaviour = .works
            while try await store.counts().pending > 0 {
                let deadline = await clock.nextTimerScheduled()
                let wait = clock.now.duration(to: deadline)
                time.advance(milliseconds: Int64((wait / .milliseconds(1)).rounded()))
                clock.advance(by: wait)
            }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
    }

    @Test(arguments: MemoryBackend.available)
    func aNewModelReplacesTheVectorsOfTheOld(_ backend: MemoryBackend) async throws {
        try await backend.with { database in
            let old = ScriptedEmbedder("model/old", width: 8)
            let first = try MemoryStore(database, embedder: old)
            for index in 0..<6 { try await first.save("text \(index)") }

            let new = ScriptedEmbedder("model/new", width: 12, maxBatchSize: 2, seed: 99)
            let store = try MemoryStore(database, embedder: new, retiring: [old])
            try await store.prepare()
            #expect(
                try await store.counts()
                    == MemoryCounts(memories: 6, pending: 6, byEmbedder: ["model/old": 6], embedder: "model/new"))
            // Until they are replaced the old ones serve, and only they are compared.
            let before = try await store.search("text 3", k: 1, mode: .vector)
            #expect(before.results.map(\.text) == ["text 3"] && before.degraded.isEmpty)
            #expect(new.calls.isEmpty)

            new.behaviour = .refuses("text 5")
            try await store.embedPending()
            #expect(try await store.counts().byEmbedder == ["model/new": 5, "model/old": 1])
            let during = try await store.search("text 3", k: 6, mode: .vector)
            #expect(during.results.count == 5 && during.results.first?.text == "text 3")
            #expect(during.degraded.map(\.what) == [.vectors])

            new.behaviour = .works
            try await store.reindex()
            #expect(try await store.counts().byEmbedder == ["model/new": 6])
            let after = try await store.search("text 5", k: 1, mode: .vector)
            #expect(after.results.map(\.text) == ["text 5"] && after.degraded.isEmpty)
        }
    }

    @Test(arguments: MemoryBackend.available)
    func twoModelsDoNotFightForEver(_ backend: MemoryBackend) async throws {
        try await backend.withMany(2) { databases in
            let old = try MemoryStore(databases[0], embedder: ScriptedEmbedder("old", width: 8))
            let new = try MemoryStore(databases[1], embedder: ScriptedEmbedder("new", width: 8))
            try await old.prepare()
            try await new.prepare()
            try await old.save("by the old one")
            #expect(try await new.embedPending().embedded == 1)
            #expect(try await old.embedPending().embedded == 0)
            #expect(try await old.save("another").isPending == false)
            #expect(try await new.counts().pending == 1)
        }
    }

    @Test func aNameStandsForOneDimension() async throws {
        try await MemoryBackend.sqlite.withMany(2) { databases in
            let first = try MemoryStore(databases[0], embedder: ScriptedEmbedder("model", width: 8, declares: false))
            try await first.save("one")
            let second = try MemoryStore(databases[1], embedder: ScriptedEmbedder("model", width: 9, declares: false))
            #expect(try await second.save("two").isPending)
            let found = try await second.search("one two")
            #expect(found.results.count == 2)
            #expect(
                found.degraded.first?.why
                    == "model returned a vector of 9 numbers; allowed is 8. A model of another dimension needs another name"
            )
        }
    }

    @Test func cutsLongTextsForTheEmbedderAlone() async throws {
        try await MemoryBackend.sqlite.with { database in
            let embedder = ScriptedEmbedder(maxTextBytes: 8)
            let store = try MemoryStore(database, embedder: embedder)
            let saved = try await store.save("熔断器熔断器")
            #expect(embedder.texts == ["熔断"])
            #expect(try await store.get(saved.id)?.text == "熔断器熔断器")
        }
    }
}
