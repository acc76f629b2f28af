import SageResilience

/// Runs writes on the connection that writes, several in one transaction where several wait.
///
/// A commit waits for the disk, and the disk takes as long for one transaction as for fifty. So the writes that wait
/// together are committed together, each inside of a savepoint of its own: what one throws undoes its own changes only,
/// and each is answered when all are on disk. When the transaction as a whole fails, each is run again by itself.
struct SQLiteWriter {
    let connection: SQLiteConnection
    let cache: SQLiteStatementCache
    let queue: SQLiteWriteQueue
    let pace: SQLiteWritePace
    /// Nil for a database in memory.
    let use: SQLiteFileUse?
    let maxValueBytes: Int
    let busyTimeout: Duration
    let clock: any Clock<Duration>

    /// The most writes in one transaction.
    private static let maxGroup = 128
    /// After this time no further write joins a transaction, so that the first ones need not wait for long.
    private static let maxGroupTime = Duration.milliseconds(10)

    /// Serves what waits, up to one transaction.
    func serve() {
        guard let first = queue.next() else { return }
        let (jobs, isCommitted) = runGroup(startingWith: first)
        if isCommitted { return }
        for job in jobs { runAlone(job) }
    }

    // MARK: Several

    /// - Returns: The jobs that took part and have not been answered, and whether there is nothing left to do.
    private func runGroup(startingWith first: any SQLiteWork) -> ([any SQLiteWork], Bool) {
        guard begin(first) else { return ([], true) }
        let start = ContinuousClock.now
        // The first needs no savepoint: when it fails nobody has joined it yet, and the transaction ends with it.
        guard perform(first), connection.isInTransaction else {
            rollback()
            first.deliver()
            return ([], true)
        }
        var jobs: [any SQLiteWork] = [first]
        while jobs.count < Self.maxGroup, ContinuousClock.now - start < Self.maxGroupTime, let next = next(jobs.count) {
            jobs.append(next)
            guard performInSavepoint(next) else {
                rollback()
                return (jobs, false)
            }
        }
        let end = ContinuousClock.now
        let error = commit()
        pace.record(group: jobs.count, commit: ContinuousClock.now - end)
        if let error {
            guard jobs.count > 1, !error.isOutcomeUnknown else {
                for job in jobs { job.fail(error) }
                return ([], true)
            }
            return (jobs, false)
        }
        for job in jobs { job.deliver() }
        return ([], true)
    }

    /// The next job that joins a group of so many; waits for it as long as the pace says.
    private func next(_ count: Int) -> (any SQLiteWork)? {
        if let job = queue.next() { return job }
        guard let patience = pace.patience(withGroup: count) else { return nil }
        return queue.next(within: patience)
    }

    /// - Returns: False when the whole transaction is lost.
    private func performInSavepoint(_ job: any SQLiteWork) -> Bool {
        guard run("SAVEPOINT sage_write") else { return false }
        let isKept = perform(job)
        guard connection.isInTransaction else { return false }
        if !isKept { guard run("ROLLBACK TO sage_write") else { return false } }
        return run("RELEASE sage_write")
    }

    // MARK: One

    private func runAlone(_ job: any SQLiteWork) {
        guard job.interruption.reason != .cancelled else { return job.fail(CancellationError()) }
        guard begin(job) else { return }
        guard perform(job), connection.isInTransaction else {
            rollback()
            return job.deliver()
        }
        if let error = commit() { return job.fail(error) }
        job.deliver()
    }

    // MARK: Steps

    /// Begins a transaction for a job, or answers it with the error.
    private func begin(_ job: any SQLiteWork) -> Bool {
        if job.interruption.reason == .timeout {
            job.fail(
                StorageError(
                    .timeout, store: connection.store, "the time limit passed before the transaction began",
                    isNotDone: true))
            return false
        }
        // A neighbour, or another user of the connection, cannot have left one open, but a bug could.
        if connection.isInTransaction { rollback() }
        do throws(StorageError) {
            try interruptible(by: job) { () throws(StorageError) in try connection.run("BEGIN IMMEDIATE") }
            return true
        } catch {
            if job.interruption.reason == .cancelled {
                job.fail(CancellationError())
            } else {
                var error = error
                error.isNotDone = true
                job.fail(error)
            }
            return false
        }
    }

    private func perform(_ job: any SQLiteWork) -> Bool {
        let session = SQLiteSession(
            connection, cache: cache, interruption: job.interruption, access: .write, maxValueBytes: maxValueBytes)
        return connection.interruptible(
            by: job.interruption, busy: Deadline.after(busyTimeout, clock: clock)
        ) { job.perform(session) }
    }

    private func interruptible(
        by job: any SQLiteWork, _ body: () throws(StorageError) -> Void
    ) throws(StorageError) {
        try connection.interruptible(by: job.interruption, busy: Deadline.after(busyTimeout, clock: clock)) {
            Result { () throws(StorageError) in try body() }
        }.get()
    }

    private func run(_ sql: String) -> Bool { (try? connection.run(sql)) != nil }

    private func rollback() {
        // What fails here has been rolled back by SQLite already.
        if connection.isInTransaction { _ = run("ROLLBACK") }
    }

    /// Commits; not interruptible, since nobody could tell what an interrupted commit has done.
    private func commit() -> StorageError? {
        do throws(StorageError) {
            // SQLite would commit into a file that nobody finds again.
            try use?.verify(connection.store)
            try connection.run("COMMIT")
            return nil
        } catch {
            var error = error
            switch error.problem {
            // The frames may have reached the log, and a crash before the next transaction may bring them back.
            case .other, .corrupt: error.isOutcomeUnknown = true
            default: error.isNotDone = true
            }
            rollback()
            return error
        }
    }
}
