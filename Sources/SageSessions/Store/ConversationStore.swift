public import SageResilience
public import SageStorage
import Synchronization

/// Conversations that survive the death of any process at any moment.
///
/// One conversation is an append-only log of entries. What was acknowledged is there after a crash; a turn whose owner
/// died *is* interrupted, whoever looks, without anybody having had to mark it; and a writer that was taken for dead and
/// was not is fenced off. Any text without NUL, up to 1,024 bytes, is the id of a conversation.
///
/// ```swift
/// let store = try ConversationStore(database)
/// try await store.prepare()
/// guard case .began(let turn) = try await store.beginTurn(session: "s1", message: Message(.user, "Hello")) else { return }
/// try await turn.checkpoint("Hi")
/// try await turn.end(answer: Message(.assistant, "Hi there."))
/// ```
///
/// Call ``run(onFailure:)`` in a task of its own, so that other processes see that this one lives. Many stores, in one
/// process or many, may share a database. Thread-safe.
public final class ConversationStore: Sendable {
    /// What the store allows and promises; entries are no larger than what a row of the database takes.
    public let configuration: ConversationStoreConfiguration
    /// The database that holds the conversations.
    public let database: any SQLDatabase

    let environment: StoreEnvironment
    /// Takes the writes that need not wait for the disk.
    private let relaxed: any SQLDatabase
    /// This store's id among the owners.
    let owner: String
    let claims = ClaimRegister()
    /// When this store last wrote that it lives, in milliseconds since the boot; nil for never.
    private let lastBeat = Mutex<Int64?>(nil)
    /// Keeps a clock that is set ahead from making everything old.
    private let steadyTime: Mutex<SteadyTime>

    /// Creates a store; connects to nothing yet.
    ///
    /// - Parameters:
    ///   - database: Holds the conversations, in tables whose names begin with `sage_`.
    ///   - configuration: What the store allows and promises.
    ///   - environment: What it takes from the world around it; for tests.
    ///   - relaxed: The same database, opened so that a commit does not wait for the disk; with a ``SyncPolicy`` other than
    ///     `always` it takes the writes that need not wait. SQLite alone needs it; without it every write waits.
    /// - Throws: `ConfigurationError` for a value out of range.
    public init(
        _ database: any SQLDatabase, configuration: ConversationStoreConfiguration = ConversationStoreConfiguration(),
        environment: StoreEnvironment = StoreEnvironment(), relaxed: (any SQLDatabase)? = nil
    ) throws(ConfigurationError) {
        try configuration.validate()
        var configuration = configuration
        // Found here, rather than when the largest entry is written or, worse, read.
        configuration.maxEntryBytes = min(configuration.maxEntryBytes, database.maxRowBytes - Self.rowBytes)
        guard configuration.maxEntryBytes >= ConversationStoreConfiguration.entryBytes.lowerBound else {
            throw ConfigurationError(
                field: "maxRowBytes", value: database.maxRowBytes,
                allowed:
                    "\(ConversationStoreConfiguration.entryBytes.lowerBound + Self.rowBytes) or more for \(database.name)"
            )
        }
        self.database = database
        self.relaxed = relaxed ?? database
        self.configuration = configuration
        self.environment = environment
        self.owner = environment.identifiers()
        self.steadyTime = Mutex(SteadyTime(wall: environment.wallTime(), uptime: environment.uptime()))
    }

    /// What the row of an entry has beside its content: its id above all.
    private static let rowBytes = 4_096

    // MARK: - Transactions

    /// Reads in one transaction.
    func read<Value: Sendable>(_ body: @escaping @Sendable (LogTransaction) throws -> Value) async throws -> Value {
        let context = context()
        return try await database.read { sql in try body(context(sql)) }
    }

    /// Writes in one transaction, and says on this occasion that the process lives, if it is time.
    ///
    /// - Parameters:
    ///   - durability: What its acknowledgement promises.
    ///   - body: Has the same effect however often it runs: whatever it writes carries ids that were chosen before, and
    ///     it finds what it wrote. So it is run again after a commit whose outcome nobody knows.
    func write<Value: Sendable>(
        _ durability: Durability = .full, _ body: @escaping @Sendable (LogTransaction) throws -> Value
    ) async throws -> Value {
        let uptime = environment.uptime()
        let interval = configuration.heartbeat.wholeMilliseconds
        let isBeating = lastBeat.withLock { last in
            guard let last, last <= uptime else { return true }
            return uptime - last >= interval
        }
        let context = context()
        let isRelaxed = configuration.sync.allows(durability)
        let database = isRelaxed ? relaxed : database
        let transaction: @Sendable (any SQLSession) throws -> Value = { sql in
            let transaction = context(sql)
            if isRelaxed, sql.dialect == .postgres { try sql.execute("SET LOCAL synchronous_commit = off") }
            if isBeating { try transaction.beat() }
            return try body(transaction)
        }
        let result: Value
        do {
            result = try await database.write(transaction)
        } catch let unknown as StorageError where unknown.isOutcomeUnknown {
            do {
                result = try await database.write(transaction)
            } catch let refusal as SessionError {
                throw refusal
            } catch {
                // That the second run did nothing says nothing about the first.
                throw unknown
            }
        }
        if isBeating { lastBeat.withLock { $0 = max($0 ?? uptime, uptime) } }
        return result
    }

    /// Notes that nobody holds a claim any more.
    func abandon(_ claim: String) { claims.abandon(claim, at: environment.uptime()) }

    /// Milliseconds since 1970, as far as the clock can be believed.
    func believedTime() -> Int64 {
        let (wall, uptime) = (environment.wallTime(), environment.uptime())
        return steadyTime.withLock { $0.now(wall: wall, uptime: uptime) }
    }

    /// Lets the next write say again that the process lives.
    func forgetBeat() { lastBeat.withLock { $0 = nil } }

    private func context() -> @Sendable (any SQLSession) -> LogTransaction {
        let (limits, environment, owner) = (configuration, environment, owner)
        let abandoned = Set(claims.all)
        return { sql in
            LogTransaction(
                sql: sql, limits: limits, environment: environment, owner: owner, abandoned: abandoned,
                now: environment.wallTime())
        }
    }

    // MARK: - Checks

    /// - Throws: ``SessionError/invalidID(field:reason:)`` for a text that cannot be an id.
    static func checkID(_ id: String, _ field: String = "session_id") throws(SessionError) {
        do throws(IdentifierError) {
            try SessionIdentifier.check(id, field: field)
        } catch {
            throw .invalidID(field: error.field, reason: error.description)
        }
    }
}
