import SageResilience
import SageSessions
import SageStorage
import StorageTestSupport
import Testing

/// The databases on which every test of the conformance suite runs.
enum Backend: String, Sendable, CaseIterable, CustomTestStringConvertible {
    case sqliteFile
    case sqliteMemory
    case postgres

    static var available: [Backend] { allCases.filter { DatabaseBackend.available.contains($0.database) } }

    var testDescription: String { rawValue }

    fileprivate var database: DatabaseBackend {
        switch self {
        case .sqliteFile: .sqliteFile
        case .sqliteMemory: .sqliteMemory
        case .postgres: .postgres
        }
    }
}

/// A database of its own for one test.
struct Bench: Sendable {
    let database: any SQLDatabase
    let world = World()

    /// Few at a time: each has connections of its own, and a server has only so many.
    private static let places = try? Bulkhead(
        "benches", BulkheadConfiguration(limit: 6, maxQueued: .max, maxWait: .seconds(86_400), ageing: .zero))

    static func run(_ backend: Backend, _ body: (Bench) async throws -> Void) async throws {
        let places = try #require(places)
        try await places.execute {
            try await backend.database.with { database in
                let bench = Bench(database: database)
                try await bench.store().prepare()
                try await body(bench)
            }
        }
    }

    /// A store in a process of its own.
    func store(
        process: Int64 = 1, host: String = "here", boot: String = "first",
        configuration: ConversationStoreConfiguration = ConversationStoreConfiguration()
    ) throws -> ConversationStore {
        try ConversationStore(
            database, configuration: configuration,
            environment: world.environment(process: process, host: host, boot: boot))
    }
}

extension ConversationStore {
    /// Begins a turn that has to begin.
    func begin(
        _ session: String, _ text: String = "Hello", key: String? = nil, fingerprint: String? = nil
    ) async throws -> OpenTurn {
        let start = try await beginTurn(
            session: session, message: Message(.user, text), idempotencyKey: key, fingerprint: fingerprint)
        guard case .began(let turn) = start else { throw Unexpected(what: "\(start)") }
        return turn
    }

    /// A whole turn.
    @discardableResult
    func exchange(_ session: String, _ text: String = "Hello", answer: String = "Hi") async throws -> LogEntry {
        try await begin(session, text).end(answer: Message(.assistant, answer))
    }

    func state(_ session: String) async throws -> SessionState { try await summary(session: session).state }

    func kinds(_ session: String) async throws -> [String] { try await load(session: session).entries.map(\.kind) }
}

struct Unexpected: Error, CustomStringConvertible {
    var what: String
    var description: String { "unexpected: \(what)" }
}

extension EntryPayload {
    /// A note that holds a number.
    static func note(_ number: Int) -> EntryPayload {
        (try? JSONText("\(number)")).map(EntryPayload.note) ?? .note(.null)
    }
}
