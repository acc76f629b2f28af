/// The schema of one store, as the steps that lead to it.
///
/// ```swift
/// let migrations = Migrations("notes", [
///     Migration("notes", sql: "CREATE TABLE app_notes (id BIGINT PRIMARY KEY, text TEXT NOT NULL)"),
///     Migration("when a note was made", sql: "ALTER TABLE app_notes ADD COLUMN created BIGINT NOT NULL DEFAULT 0"),
/// ])
/// try await migrations.apply(to: database)
/// ```
///
/// The step at place `n`, counted from 1, leads to version `n`. What has been applied stands in the table `sage_schema`,
/// one row a step, with a checksum by which a step that was edited later is noticed. All that is missing is applied in
/// one transaction, under a lock that every process respects, so any number of processes may start at once: the first
/// applies, the others find it done. A schema that is newer than the program is refused, and nothing changes.
public struct Migrations: Sendable {
    /// What came of applying migrations.
    public struct Report: Sendable, Hashable {
        /// The store whose schema it is.
        public let component: String
        /// The version that was found; 0 for none.
        public let from: Int
        /// The version that is there now.
        public let to: Int
        /// The titles of the steps that were applied; empty when there was nothing to do.
        public let applied: [String]

        /// Creates a report, for tests of what reads it.
        ///
        /// - Parameters:
        ///   - component: The store whose schema it is.
        ///   - from: The version that was found.
        ///   - to: The version that is there now.
        ///   - applied: The titles of the steps that were applied.
        public init(component: String, from: Int, to: Int, applied: [String]) {
            self.component = component
            self.from = from
            self.to = to
            self.applied = applied
        }
    }

    /// The store whose schema it is, the same in every version of the program.
    public let component: String
    /// The steps, the oldest first.
    public let steps: [Migration]

    /// Creates the schema of a store.
    ///
    /// - Parameters:
    ///   - component: The name of the store, the same in every version of the program.
    ///   - steps: The steps, the oldest first; further ones are added at the end.
    public init(_ component: String, _ steps: [Migration]) {
        self.component = component
        self.steps = steps
    }

    /// The version that the steps lead to.
    public var version: Int { steps.count }

    /// Applies what is missing.
    ///
    /// Costs one read when there is nothing to do.
    ///
    /// - Parameters:
    ///   - database: The database of the store.
    ///   - now: The present in milliseconds since 1970, for the record.
    /// - Returns: What was there and what was applied.
    /// - Throws: ``StorageError``: ``StorageError/Problem/newerSchema`` when the database was made by a later version of
    ///   the program, ``StorageError/Problem/corrupt`` when a step that was applied has been edited since; or what a step
    ///   throws, and then nothing has changed.
    @discardableResult
    public func apply(
        to database: any SQLDatabase, now: @escaping @Sendable () -> Int64 = WallClock.milliseconds
    )
        async throws -> Report
    {
        let run = MigrationRun(migrations: self, store: database.name)
        if let report = try await database.read({ try run.reportIfCurrent($0) }) { return report }
        do {
            return try await database.write { try run.apply($0, now: now()) }
        } catch let error as StorageError {
            // With an isolation that shows the state of before the lock, it was another process that did it.
            guard let report = try? await database.read({ try run.reportIfCurrent($0) }) else { throw error }
            return report
        }
    }

    /// Looks whether ``apply(to:now:)`` would refuse a database; changes nothing.
    ///
    /// - Throws: ``StorageError``: ``StorageError/Problem/newerSchema`` when the database was made by a later version of
    ///   the program, ``StorageError/Problem/corrupt`` when a step that was applied has been edited since.
    public func check(in database: any SQLDatabase) async throws {
        let run = MigrationRun(migrations: self, store: database.name)
        _ = try await database.read { try run.reportIfCurrent($0) }
    }

    /// The version of the schema in a database; 0 when there is none.
    ///
    /// - Throws: ``StorageError``.
    public func appliedVersion(in database: any SQLDatabase) async throws -> Int {
        let run = MigrationRun(migrations: self, store: database.name)
        return try await database.read { try run.applied($0).last?.version ?? 0 }
    }
}
