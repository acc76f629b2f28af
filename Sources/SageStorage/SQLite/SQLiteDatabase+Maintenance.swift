import SageResilience

extension SQLiteDatabase {
    /// How large a database is.
    public struct Size: Sendable, Hashable {
        /// The bytes of the file, or of the memory.
        public let bytes: Int
        /// How many of them hold nothing at the moment.
        public let freeBytes: Int
        /// The bytes of the write-ahead log beside it.
        public let logBytes: Int
    }

    /// How large the database is.
    ///
    /// - Throws: ``StorageError``, or a rejection of a policy.
    public func size() async throws -> Size {
        let (page, count, free) = try await read { session in
            (
                try session.fetchValue("PRAGMA page_size").integer ?? 0,
                try session.fetchValue("PRAGMA page_count").integer ?? 0,
                try session.fetchValue("PRAGMA freelist_count").integer ?? 0
            )
        }
        let log = try await running { $0.logBytes }
        return Size(bytes: Int(page * count), freeBytes: Int(page * free), logBytes: log)
    }

    /// Looks through the whole file for damage, beside reads and writes.
    ///
    /// Not guarded by the policies: who asks wants to know, whatever state the breakers are in.
    ///
    /// - Parameters:
    ///   - isThorough: Whether indexes are compared with their tables, too, which takes several times as long. Defaults
    ///     to false.
    ///   - timeLimit: How long it may take. Defaults to ten minutes.
    /// - Returns: What is damaged, at most 100 lines of SQLite's own words; empty when nothing is.
    /// - Throws: ``StorageError`` when it cannot be found out.
    public func checkIntegrity(isThorough: Bool = false, timeLimit: Duration = .seconds(600)) async throws -> [String] {
        do {
            return try await running { storage in
                let job = SQLiteJob(deadline: deadline(timeLimit)) { session in
                    let check = isThorough ? "integrity_check" : "quick_check"
                    var findings = try session.fetch("PRAGMA \(check)(100)").compactMap { $0[0].text }
                    if findings == ["ok"] { findings = [] }
                    return findings
                }
                return try await job.value { storage.inspect($0) }
            }
        } catch let error as StorageError where error.problem == .corrupt {
            // Damaged so badly that the examination itself cannot be done, or the file cannot even be opened.
            return [error.message]
        }
    }

    /// Writes a copy of the database, as it is at one moment, into a new file, beside reads and writes.
    ///
    /// The copy is complete and on the disk when this returns; until then it has another name. Databases of this program
    /// can be opened with it.
    ///
    /// - Parameters:
    ///   - path: Where the copy goes; nothing may be there yet.
    ///   - timeLimit: How long it may take. Defaults to ten minutes.
    /// - Throws: ``StorageError``.
    public func backUp(to path: String, timeLimit: Duration = .seconds(600)) async throws {
        let copy = SQLiteCopy(path: path, store: name)
        try await running { storage in
            let job = SQLiteJob(deadline: deadline(timeLimit)) { session in
                try copy.write { path throws(StorageError) in
                    try session.connection.run("VACUUM INTO \(SQLText.quoted(path))")
                }
            }
            try await job.value { storage.inspect($0) }
        }
    }

    /// Does what keeps a database small and quick: gives free pages back to the file system, empties the log and lets
    /// SQLite look again at how its indexes are used.
    ///
    /// For a quiet moment, once an hour or so; writes wait for it.
    ///
    /// - Parameter maxPages: The most pages that are given back. Defaults to 10,000.
    /// - Throws: ``StorageError``.
    public func maintain(maxPages: Int = 10_000) async throws {
        guard !configuration.isReadOnly else { return }
        try await running { storage in
            let job = SQLiteJob(deadline: deadline(storageGuard.policies.statements.timeLimit)) { session in
                // Optimising by itself gives up at once when another process is writing; beginning a transaction waits.
                try session.connection.run("BEGIN IMMEDIATE")
                try session.connection.run("PRAGMA incremental_vacuum(\(max(0, maxPages)))")
                try session.connection.run("PRAGMA optimize")
                try session.connection.run("COMMIT")
                // Without waiting for readers: what they pin is for the next time.
                session.connection.emptyLog()
            }
            try await job.value { storage.maintain($0) }
        }
    }

    private func deadline(_ limit: Duration) -> Deadline {
        let limit = Deadline.after(limit, clock: storageGuard.policies.clock)
        return Deadline.earlier(CallContext.current.deadline, limit) ?? limit
    }
}
