import SageStorage
import Testing

@testable import SageSessions

struct RetentionTests {
    @Test(arguments: Backend.available)
    func pagesAreStableWhateverComesAndGoes(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            for index in 0..<25 { try await store.exchange("s\(index)") }
            var seen: [String] = []
            var cursor: String?
            repeat {
                let page = try await store.list(cursor: cursor, limit: 4)
                seen += page.sessions.map(\.id)
                cursor = page.nextCursor
                try await store.exchange("new\(seen.count)")
                try await store.exchange("s\(seen.count % 25)", "again")
                if seen.count == 8 { try await store.delete(session: "s24") }
            } while cursor != nil
            #expect(seen == (0..<25).reversed().map { "s\($0)" })
        }
    }

    @Test(arguments: Backend.available)
    func whatIsOldGoesExceptWhatRuns(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            let running = try await store.begin("running")
            try await store.begin("interrupted").interrupt()
            try await store.exchange("idle")
            bench.world.advance(.seconds(90 * 86_400))
            try await store.exchange("new")
            #expect(try await store.sweep().removed == 0)
            bench.world.advance(.milliseconds(1))
            let report = try await store.sweep()
            #expect(report.removedByAge == 2)
            #expect(Set(report.examples) == ["interrupted", "idle"])
            #expect(try await Set(store.list().sessions.map(\.id)) == ["running", "new"])
            try await running.end()
        }
    }

    @Test(arguments: Backend.available)
    func aClockThatIsSetAheadMakesNothingOld(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            try await store.exchange("idle")
            bench.world.step(400 * 86_400_000)
            #expect(try await store.sweep().removed == 0)
            bench.world.advance(.seconds(86_399))
            #expect(try await store.sweep().removed == 0)
            bench.world.advance(.seconds(1))
            #expect(try await store.sweep().removedByAge == 1)
        }
    }

    @Test(arguments: Backend.available)
    func countAndBytesTakeTheIdleOnesThatWereUsedLongestAgo(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            try await store.begin("interrupted").interrupt()
            for index in 0..<70 {
                try await store.exchange("s\(index)", String(repeating: "x", count: 1_000))
                bench.world.advance(.seconds(1))
            }
            try await store.exchange("s0", "used again")
            let first = try await store.sweep(Retention(count: 11))
            #expect(first.removedByCount == 60)
            #expect(try await store.list(limit: 50).sessions.map(\.id).contains("s0"))
            let all = try await store.list(limit: 50).sessions
            #expect(all.count == 11)
            let bytes = all.reduce(0) { $0 + $1.bytes }
            let second = try await store.sweep(Retention(bytes: bytes / 2))
            #expect(second.removedByBytes > 0)
            #expect(second.removedBytes >= bytes / 2)
            let left = try await store.list().sessions
            #expect(left.reduce(0) { $0 + $1.bytes } <= bytes / 2)
            #expect(left.map(\.id).contains("interrupted"))
            #expect(left.map(\.id).contains("s0"))
            // What was interrupted goes by age alone.
            #expect(try await store.sweep(Retention(count: 0, bytes: 0)).removed == left.count - 1)
            #expect(try await store.list().sessions.map(\.id) == ["interrupted"])
        }
    }

    @Test(arguments: Backend.available, [Excess.olderThan(.max), .count(above: 0), .bytes(above: 0)])
    func whatIsWrittenToWhileASweepIsUnderWayStays(backend: Backend, excess: Excess) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store()
            for session in ["written to", "resumed", "deleted", "made anew", "left alone"] {
                try await store.exchange(session)
            }
            try await store.begin("resumed").interrupt()
            if case .olderThan = excess {} else { try await store.resume(session: "resumed").end() }
            let found = try await store.read { try $0.candidates(excess, limit: 10) }
            #expect(found.count == 5)
            // By a clock that stands still, so that the time of the last write tells nothing.
            try await store.exchange("written to")
            let turn = try await excess.isOfAge ? store.resume(session: "resumed") : store.begin("resumed")
            try await store.delete(session: "deleted")
            try await store.delete(session: "made anew")
            try await store.exchange("made anew")
            let removed = try await store.remove(found, excess)
            #expect(removed.map(\.id) == ["left alone"])
            #expect(try await Set(store.list().sessions.map(\.id)) == ["written to", "resumed", "made anew"])
            try await turn.end()
        }
    }

    @Test(arguments: Backend.available, [Excess.count(above: 10), .bytes(above: 1_900)])
    func twoSweepsAtOnceRemoveNoMoreThanOne(backend: Backend, excess: Excess) async throws {
        try await Bench.run(backend) { bench in
            let stores = try (1...2).map { try bench.store(process: $0) }
            for index in 10..<40 { try await stores[0].exchange("s\(index)") }
            let alone = try await stores[0].read { try $0.candidates(excess, limit: 100) }
            #expect((11..<30).contains(alone.count))
            let other = try await stores[1].read { try $0.candidates(excess, limit: 100) }
            var removed = try await stores[0].remove(alone.prefix(10), excess)
            // One that begins when the other is half done.
            let third = try await stores[1].read { try $0.candidates(excess, limit: 100) }
            removed += try await stores[1].remove(third, excess)
            removed += try await stores[1].remove(other, excess)
            removed += try await stores[0].remove(alone.dropFirst(10), excess)
            #expect(removed.count == alone.count)
            #expect(Set(removed.map(\.id)).count == alone.count)
        }
    }

    @Test(arguments: Backend.available)
    func withoutARetentionNothingGoes(backend: Backend) async throws {
        try await Bench.run(backend) { bench in
            let store = try bench.store(configuration: ConversationStoreConfiguration(retention: nil))
            try await store.exchange("s1")
            bench.world.advance(.seconds(10_000 * 86_400))
            #expect(try await store.sweep().removed == 0)
            #expect(try await store.list().sessions.count == 1)
        }
    }
}

extension Excess: CustomTestStringConvertible {
    var testDescription: String { "\(self)" }

    fileprivate var isOfAge: Bool { if case .olderThan = self { true } else { false } }
}

extension ConversationStore {
    fileprivate func remove(
        _ candidates: some Sequence<RemovalCandidate>, _ excess: Excess
    ) async throws -> [SessionRow] {
        let candidates = Array(candidates)
        return try await write { transaction in try candidates.compactMap { try transaction.remove($0, excess) } }
    }
}
