import Synchronization

/// A ``StateStore`` in a database: usually the SQLite file that all processes of one host share, or PostgreSQL for
/// several hosts that have no Redis.
///
/// ```swift
/// let store = SQLiteStateStore(try SQLiteDatabase(SQLiteConfiguration(.file("/var/lib/app/state.db"))))
/// let shared = SharedBreakers(store, instance: "worker-1")
/// ```
///
/// Every operation is one transaction that writes, or one that reads, so that the operations of all processes take
/// place one after the other; times are those of the host's clock in SQLite and of the server's in PostgreSQL, read
/// within the transaction. What it holds is advice, so the database need not wait for the disk
/// (``SQLiteConfiguration/Synchronization/relaxed``).
///
/// Thread-safe.
public final class SQLiteStateStore: StateStore {
    /// The name that metrics, events and errors carry: that of the database.
    public var name: String { database.name }
    private let database: any SQLDatabase
    private let clock: StoreClock?
    private let isPrepared = Atomic<Bool>(false)

    /// Creates a store; its tables are made by ``prepare()``, or by the first operation.
    ///
    /// - Parameters:
    ///   - database: Where the state is kept; belongs to the caller, who closes it.
    ///   - clock: The clock that all processes share; nil is the host's in SQLite, the server's in PostgreSQL. Defaults
    ///     to nil.
    public init(_ database: any SQLDatabase, clock: StoreClock? = nil) {
        self.database = database
        self.clock = clock ?? (database.dialect == .sqlite ? .system : nil)
    }

    /// The schema of the store, to examine a database without changing it.
    package static var schema: Migrations { StateTables.migrations }

    /// Brings the tables to the version of this program; safe with many processes starting at once.
    ///
    /// - Throws: ``StorageError``, or the rejection of a policy.
    public func prepare() async throws {
        guard !isPrepared.load(ordering: .acquiring) else { return }
        try await StateTables.migrations.apply(to: database)
        isPrepared.store(true, ordering: .releasing)
    }

    /// Asks whether the database answers.
    public func ping() async throws -> StoreInstant {
        try await read { _, now in now }
    }

    /// Registers the start of an instance.
    public func join(_ instance: String, after epoch: Int64) async throws -> Int64 {
        try StateLimits.check("the instance's name", instance, store: name)
        return try await write { tables, now in try tables.join(instance, after: epoch, now: now) }
    }

    /// Leaves reports for the other instances.
    @discardableResult
    public func publish(_ statuses: [BreakerStatus], by instance: String) async throws -> Int {
        try StateLimits.check(statuses, by: instance, store: name)
        return try await write { tables, now in try tables.publish(statuses, by: instance, now: now) }
    }

    /// What all instances have reported.
    public func view() async throws -> SharedView {
        let (view, needsWriting) = try await read { tables, now in
            (try tables.view(now: now), try tables.hasUntidyReports(now: now))
        }
        guard needsWriting else { return view }
        return try await write { tables, now in
            try tables.tidyReports(now: now)
            return try tables.view(now: now)
        }
    }

    /// Asks for the right to send one probe.
    public func leaseProbe(of breaker: String, holder: String, terms: ProbeTerms) async throws -> ProbeAnswer {
        try StateLimits.check(breaker: breaker, holder: holder, terms: terms, store: name)
        return try await write { tables, now in
            var book = try tables.book(of: breaker) ?? ProbeBook(now: now)
            let answer = book.lease(of: breaker, holder: holder, terms: terms, now: now)
            try tables.keep(book, of: breaker)
            return answer
        }
    }

    /// Gives a lease back with what the probe found.
    public func endProbe(
        _ lease: ProbeLease, _ result: ProbeResult, terms: ProbeTerms
    ) async throws -> ProbeEnding {
        try StateLimits.check(breaker: lease.breaker, holder: lease.holder, terms: terms, store: name)
        try StateLimits.check(result, store: name)
        return try await write { tables, now in
            guard var book = try tables.book(of: lease.breaker) else { return .fenced }
            let ending = book.end(lease, result, terms: terms, now: now)
            try tables.keep(book, of: lease.breaker)
            return ending
        }
    }

    /// Takes permits from several accounts at once.
    public func take(_ demands: [RateDemand]) async throws -> RateDecision {
        try StateLimits.check(demands, store: name)
        return try await write { tables, now in try tables.take(demands, now: now) }
    }

    /// Corrects what was taken to what was used.
    public func settle(_ corrections: [RateCorrection], takenAt: StoreInstant) async throws {
        try StateLimits.check(corrections, store: name)
        try await write { tables, now in
            for correction in corrections {
                var (account, _) = try tables.account(correction.account, correction.rule, now: now)
                account.settle(correction, takenAt: takenAt, now: now)
                try tables.keep(account, correction.account, correction.rule)
            }
        }
    }

    private func read<Value: Sendable>(
        _ body: @escaping @Sendable (StateTables, StoreInstant) throws -> Value
    ) async throws -> Value {
        try await prepared {
            try await database.read { [clock] session in
                let tables = StateTables(session: session)
                return try body(tables, clock?.now ?? tables.serverTime())
            }
        }
    }

    private func write<Value: Sendable>(
        _ body: @escaping @Sendable (StateTables, StoreInstant) throws -> Value
    ) async throws -> Value {
        try await prepared {
            try await database.write { [clock] session in
                let tables = StateTables(session: session)
                try tables.lock()
                // Read with the lock held, so that the operations have the order of their times.
                return try body(tables, clock?.now ?? tables.serverTime())
            }
        }
    }

    /// Runs an operation on tables that are there; after the file was taken away the next one makes them anew.
    private func prepared<Value>(_ operation: () async throws -> Value) async throws -> Value {
        do {
            try await prepare()
            return try await operation()
        } catch let error as StorageError where error.problem == .replaced {
            isPrepared.store(false, ordering: .releasing)
            await (database as? SQLiteDatabase)?.reopen()
            throw error
        }
    }
}
