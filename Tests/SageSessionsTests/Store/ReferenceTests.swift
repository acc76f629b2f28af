import SageSessions
import SageStorage
import SageTesting
import Testing

/// Random sequences of operations against a naive model of what a store is.
struct ReferenceTests {
    /// A conversation as a list, which is all that it is.
    struct Conversation {
        var kinds: [String] = []
        var owner: Int64?
        var isInterrupted = false
        var isOpen: Bool { owner != nil }

        func state(living: Set<Int64>) -> SessionState {
            if isInterrupted { return .interrupted }
            guard let owner else { return .idle }
            return living.contains(owner) ? .running : .interrupted
        }

        mutating func settle(living: Set<Int64>) {
            guard let owner, !living.contains(owner) else { return }
            kinds.append("interrupted")
            self.owner = nil
            isInterrupted = true
        }
    }

    @Test(arguments: Backend.available, [1, 2, 3, 4, 5] as [UInt64])
    func aStoreDoesWhatTheModelDoes(backend: Backend, seed: UInt64) async throws {
        try await Bench.run(backend) { bench in
            var random = SeededGenerator(seed: seed)
            var model: [String: Conversation] = [:]
            var turns: [String: (turn: OpenTurn, process: Int64)] = [:]
            var kept: [OpenTurn] = []
            var living: Set<Int64> = [1, 2, 3]
            var stores: [Int64: ConversationStore] = [:]
            for process in living { stores[process] = try bench.store(process: process) }
            var next: Int64 = 4
            let names = ["a", "b", "c", "d"]
            for _ in 0..<250 {
                let name = names[Int.random(in: 0..<names.count, using: &random)]
                let process = living.sorted()[Int.random(in: 0..<living.count, using: &random)]
                guard let store = stores[process] else { continue }
                switch Int.random(in: 0..<11, using: &random) {
                case 0, 1, 2:
                    var expected = model[name] ?? Conversation()
                    let start = try await store.beginTurn(session: name, message: Message(.user, "m"))
                    if expected.state(living: living) == .running {
                        guard case .running = start else { throw Unexpected(what: "\(start)") }
                    } else {
                        guard case .began(let turn) = start else { throw Unexpected(what: "\(start)") }
                        expected.settle(living: living)
                        expected.isInterrupted = false
                        expected.kinds += ["turnBegan", "message"]
                        expected.owner = process
                        model[name] = expected
                        if let old = turns[name] { kept.append(old.turn) }
                        turns[name] = (turn, process)
                    }
                case 3, 4, 5:
                    guard let (turn, owner) = turns[name] else { continue }
                    let isOwned = model[name]?.owner == owner
                    do {
                        try await turn.checkpoint("p")
                        #expect(isOwned)
                        model[name]?.kinds.append("partial")
                    } catch is SessionError { #expect(!isOwned) }
                case 6:
                    guard let (turn, owner) = turns[name] else { continue }
                    let isOwned = model[name]?.owner == owner
                    do {
                        try await turn.end(answer: Message(.assistant, "a"))
                        #expect(isOwned)
                        model[name]?.kinds.append("turnEnded")
                        model[name]?.owner = nil
                        turns[name] = nil
                    } catch is SessionError { #expect(!isOwned) }
                case 7:
                    let state = model[name]?.state(living: living)
                    do {
                        let turn = try await store.resume(session: name)
                        #expect(state == .interrupted)
                        model[name]?.settle(living: living)
                        model[name]?.isInterrupted = false
                        model[name]?.owner = process
                        if let old = turns[name] { kept.append(old.turn) }
                        turns[name] = (turn, process)
                    } catch is SessionError { #expect(state != .interrupted) }
                case 8:
                    guard living.count > 1 else { continue }
                    living.remove(process)
                    bench.world.kill(process)
                    living.insert(next)
                    stores[next] = try bench.store(process: next)
                    next += 1
                    // Its handles stay, as those of a process that only seemed dead would.
                    for (name, turn) in turns where turn.process == process && model[name]?.owner == process {
                        kept.append(turn.turn)
                    }
                case 9:
                    guard model[name] != nil else { continue }
                    try await store.delete(session: name)
                    model[name] = nil
                default:
                    let copy = names[Int.random(in: 0..<names.count, using: &random)]
                    guard let source = model[name], model[copy] == nil else { continue }
                    try await store.fork(session: name, as: copy)
                    var fork = Conversation(kinds: source.kinds + ["forked"])
                    if source.isOpen || source.isInterrupted {
                        fork.kinds.append("interrupted")
                        fork.isInterrupted = true
                    }
                    model[copy] = fork
                    if let old = turns[copy] { kept.append(old.turn) }
                    turns[copy] = nil
                }
                guard let name = names.randomElement(using: &random), let expected = model[name] else { continue }
                let loaded = try await store.load(session: name)
                #expect(loaded.entries.map(\.kind) == expected.kinds)
                #expect(loaded.report.isIntact)
            }
            guard let store = stores[living.sorted()[0]] else { return }
            let listed = try await store.list().sessions
            #expect(Set(listed.map(\.id)) == Set(model.keys))
            for session in listed { #expect(session.state == model[session.id]?.state(living: living)) }
            withExtendedLifetime((turns, kept)) {}
        }
    }
}
