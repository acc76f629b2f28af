import SageMemory
import SageStorage

/// Compares a memory with what its writers told: what was acknowledged is found by its words and by its vector, once;
/// what was forgotten is not; nothing else is there.
struct MemoryChecker {
    /// What may be true of one text.
    struct Expected {
        var namespace: String
        /// Whether it must be there.
        var isCertain = false
        var mayBeGone = false
        var isGone = false
    }

    let isWhole: Bool
    private(set) var texts: [String: Expected] = [:]
    private(set) var acknowledged = 0

    init(_ records: [Record], isWhole: Bool) {
        self.isWhole = isWhole
        for record in records {
            let isAcknowledged = record.phase == .acknowledged
            switch record.operation {
            case .remember: texts[record.token, default: Expected(namespace: record.session)].isCertain = isAcknowledged
            case .forget:
                texts[record.token, default: Expected(namespace: record.session)].mayBeGone = true
                if isAcknowledged { texts[record.token]?.isGone = true }
            default: continue
            }
            if isAcknowledged { acknowledged += 1 }
        }
    }

    /// The text of a memory.
    static func text(of token: String) -> String { "\(token) stands for something that is worth remembering" }

    /// Everything that is wrong; nothing when all is right.
    func problems(in database: any SQLDatabase) async throws -> [String] {
        guard isWhole || !texts.isEmpty else { return [] }
        // Later than any claim of an embedding that died with its process.
        let store = try MemoryStore(
            database, embedder: FlakyEmbedder(name: "lexical-check", seed: nil),
            wallClock: { WallClock.milliseconds() + 7_200_000 })
        var problems: [String] = []
        if isWhole {
            try await store.prepare()
            try await store.finish()
        }
        var (found, missed) = (0, 0)
        for (token, expected) in texts {
            guard let byWords = try await places(of: token, expected.namespace, .text, in: store) else {
                // The rebuild of the index was broken off, and the search says so.
                if isWhole { problems.append("the index of texts is not whole") }
                continue
            }
            found += byWords
            if expected.isGone, byWords > 0 { problems.append("\(token) was forgotten and is there") }
            if expected.isCertain, !expected.mayBeGone, byWords == 0 { problems.append("\(token) is missing") }
            if byWords > 1 { problems.append("\(token) is there \(byWords) times") }
            guard isWhole else { continue }
            let byVectors = try await places(of: token, expected.namespace, .vector, in: store) ?? 0
            if byVectors < byWords { missed += 1 }
            if byVectors > byWords { problems.append("\(token): \(byWords) by words, \(byVectors) by vectors") }
        }
        // The index of PostgreSQL is approximate by its nature, and all of these texts are much alike.
        if missed > (database.dialect == .sqlite ? 0 : max(1, found / 10)) {
            problems.append("\(missed) of \(found) memories are not found by their vectors")
        }
        if isWhole {
            let counts = try await store.counts()
            if counts.memories != found { problems.append("\(counts.memories) memories and \(found) were found") }
            if counts.pending > 0 { problems.append("\(counts.pending) memories got no vector") }
        }
        return problems
    }

    /// How often a memory is found; nil when the search has to do without what it would be found by.
    private func places(
        of token: String, _ namespace: String, _ mode: SearchMode, in store: MemoryStore
    ) async throws -> Int? {
        let query = mode == .text ? token : Self.text(of: token)
        let result = try await store.search(query, k: 5, mode: mode, namespace: namespace)
        guard result.degraded.isEmpty else { return nil }
        return result.results.filter { $0.text == Self.text(of: token) }.count
    }
}

extension MemoryStore {
    /// Does what ``run()`` does when it has all the time it needs.
    func finish() async throws {
        let progress = try await reindex()
        if let problem = progress.problem { throw Failure(problem) }
    }
}
