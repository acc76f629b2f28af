import SageMemory
import SageStorage
import SageTesting

/// Saves, deletes and embeds memories as fast as it can until it is killed, and tells before and after each step.
struct MemoryWriter {
    let database: any SQLDatabase
    let life: Life
    var random: SeededGenerator
    var counter = 0
    /// The memories that were acknowledged, by token.
    var known: [String: String] = [:]

    init(database: any SQLDatabase, life: Life) {
        self.database = database
        self.life = life
        random = SeededGenerator(seed: life.seed)
    }

    private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    /// One word, which the index of texts finds.
    private mutating func token() -> String {
        counter += 1
        return "\(life.name)x\(life.run)x\(counter)"
    }

    mutating func work() async throws {
        // An embedder of another name in every second life, so that everything is embedded anew; it fails now and then.
        let flaky = FlakyEmbedder(name: "lexical-\((Int(life.run) ?? 0) % 2)", seed: life.seed)
        let store = try MemoryStore(database, embedder: flaky)
        let endurance = Endurance(isAllowed: database.dialect == .postgres)
        var isOpen = false
        while !isOpen {
            try await endurance.endure {
                try await open(store)
                isOpen = true
            }
        }
        Output.write("ready\n")
        while true { try await endurance.endure { try await step(store) } }
    }

    private func open(_ store: MemoryStore) async throws {
        let checker = MemoryChecker(life.before, isWhole: false)
        let problems = try await checker.problems(in: database)
        guard problems.isEmpty else { throw Failure(problems.joined(separator: "; ")) }
        // Afterwards its embedder counts, not the checker's.
        try await store.prepare()
        Output.write("found \(checker.acknowledged) told\n")
    }

    private mutating func step(_ store: MemoryStore) async throws {
        if let favourite = life.favourite, chance(50) { return try await perform(favourite, store) }
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<75: try await save(store)
        case 75..<85: try await forget(store)
        case 85..<95: try await embed(store)
        default: try await reindex(store)
        }
    }

    private mutating func perform(_ operation: Record.Operation, _ store: MemoryStore) async throws {
        switch operation {
        case .forget: try await forget(store)
        case .embed: try await embed(store)
        case .reindex: try await reindex(store)
        default: try await save(store)
        }
    }

    private mutating func save(_ store: MemoryStore) async throws {
        let tokens = (0..<(chance(20) ? 5 : 1)).map { _ in token() }
        for token in tokens { Record(.attempt, .remember, life.name, token: token).say() }
        let saved = try await store.saveBatch(
            tokens.map { NewMemory(MemoryChecker.text(of: $0), namespace: life.name, metadata: ["token": .string($0)]) }
        )
        for (token, memory) in zip(tokens, saved) {
            guard !memory.isDuplicate else { throw Failure("\(token) counts as a duplicate") }
            known[token] = memory.id
            Record(.acknowledged, .remember, life.name, token: token).say()
        }
    }

    private mutating func forget(_ store: MemoryStore) async throws {
        guard let token = known.keys.sorted().randomElement(using: &random), let id = known.removeValue(forKey: token)
        else { return }
        Record(.attempt, .forget, life.name, token: token).say()
        let isGone = try await store.delete(id)
        guard isGone || database.dialect == .postgres else { throw Failure("\(token) was not there") }
        Record(.acknowledged, .forget, life.name, token: token).say()
    }

    private func embed(_ store: MemoryStore) async throws {
        Record(.attempt, .embed, "").say()
        try await store.embedPending()
        Record(.acknowledged, .embed, "").say()
    }

    private mutating func reindex(_ store: MemoryStore) async throws {
        Record(.attempt, .reindex, "").say()
        try await store.reindex(replacingVectors: chance(50))
        Record(.acknowledged, .reindex, "").say()
    }
}

/// The built-in embedder under another name, which is down now and then.
struct FlakyEmbedder: Embedder {
    struct Down: Error {}

    let name: String
    /// Decides when it is down; nil for never.
    let seed: UInt64?
    private let embedder = LexicalEmbedder()

    init(name: String, seed: UInt64?) {
        self.name = name
        self.seed = seed
    }

    var dimension: Int? { embedder.dimension }
    var maxBatchSize: Int { 8 }

    func embed(_ texts: [String]) async throws -> [[Float]] {
        if let seed, (UInt64(texts[0].utf8.reduce(0) { $0 &* 31 &+ Int($1) }.magnitude) &+ seed) % 5 == 0 {
            throw Down()
        }
        return try await embedder.embed(texts)
    }
}
