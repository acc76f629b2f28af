import SageStorage

extension ConversationStore {
    /// Makes the tables, or brings those of an earlier version up to date.
    ///
    /// - Throws: `StorageError`, with the problem `newerSchema` when a later version has made them.
    public func prepare() async throws {
        try await SessionSchema.migrations.apply(to: database, now: environment.wallTime)
    }

    /// Keeps the store in order until the task is cancelled: says regularly that this process lives, writes down which
    /// turns were broken off, and removes what the retention does not keep.
    ///
    /// A failure ends nothing; the next round tries again.
    ///
    /// - Parameter onFailure: Called when one of these fails, once until it succeeds or fails in another way. Defaults to
    ///   nothing.
    public func run(onFailure: @Sendable (any Error) -> Void = { _ in }) async {
        var sweep = Duration.zero
        var failures: [String: String] = [:]
        func attempt(_ work: String, _ body: () async throws -> Void) async {
            do {
                try await body()
                failures[work] = nil
            } catch {
                guard !Task.isCancelled, failures.updateValue("\(error)", forKey: work) != "\(error)" else { return }
                onFailure(error)
            }
        }
        while !Task.isCancelled {
            await attempt("beat") { try await beat() }
            await attempt("interruptions") { try await recordInterruptions() }
            if sweep <= .zero {
                await attempt("sweep") { try await self.sweep() }
                sweep = configuration.sweepInterval
            }
            do {
                try await environment.clock.sleep(for: configuration.roundInterval)
            } catch {
                return
            }
            sweep -= configuration.roundInterval
        }
    }

    /// Says that this process lives; with ``SyncPolicy/interval(_:)`` it brings what was written before to the disk.
    ///
    /// - Throws: `StorageError`.
    public func beat() async throws {
        try await write(.forced) { try $0.beat() }
    }

    /// Writes down which turns were broken off, so that the log says so too; they count as interrupted before.
    ///
    /// - Returns: How many.
    /// - Throws: `StorageError`; ``SessionError`` for one of which that cannot be written down, after all the others were.
    @discardableResult
    public func recordInterruptions() async throws -> Int {
        // A commit whose answer was lost may still come; after a lease it does not.
        let oldest = environment.uptime() - configuration.lease.wholeMilliseconds
        var recorded = 0
        var last: Int64 = 0
        var failure: (any Error)?
        while true {
            let numbers = try await read { [last] in try $0.unrecorded(after: last, limit: 50) }
            guard let next = numbers.last else { break }
            last = next
            recorded += try await each(numbers, &failure) { try $0.recordInterruption(ofNumber: $1) ? true : nil }.count
        }
        claims.forget(before: oldest)
        if let failure { throw failure }
        return recorded
    }

    /// Works on conversations in one transaction; when that fails because of one of them, on each in one of its own.
    ///
    /// - Parameters:
    ///   - items: What to work on, a few.
    ///   - failure: Gets the first failure that is about one conversation.
    ///   - body: The work; nil where there was none.
    func each<Item: Sendable, Value: Sendable>(
        _ items: [Item], _ failure: inout (any Error)?,
        _ body: @escaping @Sendable (LogTransaction, Item) throws -> Value?
    ) async throws -> [Value] {
        do {
            return try await write { transaction in try items.compactMap { try body(transaction, $0) } }
        } catch let error where Self.isAboutOne(error) {
            var values: [Value] = []
            for item in items {
                do {
                    let value = try await write { try body($0, item) }
                    if let value { values.append(value) }
                } catch let error where Self.isAboutOne(error) {
                    failure = failure ?? error
                }
            }
            return values
        }
    }

    /// Whether an error comes from what stands in the rows or pages of one conversation.
    private static func isAboutOne(_ error: any Error) -> Bool {
        error is SessionError || (error as? StorageError)?.problem == .corrupt
    }

    /// Gives up all turns of this store, which count as interrupted from then on, and the store's place among the
    /// owners; for a shutdown.
    ///
    /// A turn that goes on nevertheless is fenced off.
    ///
    /// - Throws: `StorageError`; ``SessionError`` for one that cannot be given up, after all the others were.
    public func retire() async throws {
        var failure: (any Error)?
        var last: Int64 = 0
        while true {
            let numbers = try await read { [last] in try $0.held(after: last, limit: 50) }
            guard let next = numbers.last else { break }
            last = next
            _ = try await each(numbers, &failure) { transaction, number -> Bool? in
                guard var row = try transaction.lock(number: number), row.status == SessionSchema.Status.open,
                    row.owner == transaction.owner
                else { return nil }
                try transaction.recordInterruption(of: &row, reason: "shutdown")
                try transaction.save(row)
                return true
            }
        }
        _ = try await write { transaction in
            try transaction.sql.execute("DELETE FROM sage_owners WHERE id = $1", [.text(transaction.owner)])
        }
        forgetBeat()
        if let failure { throw failure }
    }
}

extension ConversationStoreConfiguration {
    /// How often ``ConversationStore/run(onFailure:)`` looks after the store.
    var roundInterval: Duration {
        if case .interval(let interval) = sync { min(interval, heartbeat) } else { heartbeat }
    }
}

extension LogTransaction {
    /// The numbers of conversations with an open turn that nobody works on, in their order.
    func unrecorded(after number: Int64, limit: Int) throws -> [Int64] {
        let (alive, abandoned) = try liveness()
        return try sql.fetch(
            """
            SELECT num FROM sage_sessions
            WHERE status <> 0 AND status = 1 AND num > $3 AND NOT \(isAlive) ORDER BY num LIMIT $4
            """, [alive, abandoned, .integer(number), .integer(Int64(limit))]
        ).compactMap { $0[0].integer }
    }

    /// The numbers of conversations with an open turn of this store, in their order.
    func held(after number: Int64, limit: Int) throws -> [Int64] {
        try sql.fetch(
            """
            SELECT num FROM sage_sessions WHERE status <> 0 AND status = 1 AND num > $1 AND owner = $2
            ORDER BY num LIMIT $3
            """, [.integer(number), .text(owner), .integer(Int64(limit))]
        ).compactMap { $0[0].integer }
    }

    /// Records that the open turn of a conversation was broken off; false when it was not.
    func recordInterruption(ofNumber number: Int64) throws -> Bool {
        guard var row = try lock(number: number), row.status == SessionSchema.Status.open,
            let reason = try interruption(of: row)
        else { return false }
        try recordInterruption(of: &row, reason: reason)
        try save(row)
        return true
    }
}
