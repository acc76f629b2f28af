import CPostgreSQL

extension PostgresConnection {
    /// Runs one statement within the present transaction.
    ///
    /// - Parameters:
    ///   - sql: The statement.
    ///   - parameters: Its values.
    ///   - wantsRows: Whether to hand rows over.
    ///   - body: Called for each row; returns false to stop.
    /// - Returns: How many rows it inserted, changed or deleted.
    func run(
        _ sql: String, _ parameters: [SQLValue], wantsRows: Bool, _ body: (SQLRow) throws(StorageError) -> Bool
    ) throws(StorageError) -> Int {
        try checkAvailable()
        let values = try PostgresParameters(parameters, store: store, limit: configuration.limits.maxRowBytes)
        return try remembering { () throws(StorageError) in
            let known = statements.find(sql)
            let statement = if let known { known } else { try prepare(sql) }
            guard statement.parameters == parameters.count else {
                throw StorageError(
                    .statement, store: store,
                    "the statement takes \(statement.parameters) parameters; given are \(parameters.count)",
                    isNotDone: true)
            }
            try send(statement, values)
            return try receive(wantsRows: wantsRows, wasKnown: known != nil, body)
        }
    }

    /// Runs several statements within the present transaction.
    func runScript(_ sql: String) throws(StorageError) {
        try checkAvailable()
        try checkText(sql)
        _ = try remembering { () throws(StorageError) in try run(sql) }
        try checkTransaction()
    }

    // MARK: Preconditions

    private func checkAvailable() throws(StorageError) {
        if let interruption { throw interrupted(interruption) }
        if let interruption = call?.interruption {
            self.interruption = interruption
            throw interrupted(interruption)
        }
        // The connection carries one result at a time.
        guard !isStreaming else {
            throw StorageError(
                .statement, store: store, "a statement was run while the rows of another one are read",
                remedy: "Collect the rows first (fetch)", isNotDone: true)
        }
    }

    private func checkText(_ sql: String) throws(StorageError) {
        guard !sql.utf8.contains(0) else {
            throw StorageError(.statement, store: store, "the text of the statement contains NUL", isNotDone: true)
        }
        let words = PostgresScript.firstWords(of: sql)
        guard !words.isEmpty else {
            throw StorageError(.statement, store: store, "there is no statement", isNotDone: true)
        }
        guard let word = words.first(where: PostgresScript.controlsTransactions) else { return }
        throw StorageError(
            .statement, store: store, "\(word) is not for a statement: the transaction ends with its closure",
            remedy: "Leave it out; what the closure throws undoes the transaction", isNotDone: true)
    }

    /// Should a statement have ended the transaction all the same, a function of the server's for example, the promise is
    /// gone that it is done as a whole.
    private func checkTransaction() throws(StorageError) {
        guard let handle, PQstatus(handle) == CONNECTION_OK, PQtransactionStatus(handle) == PQTRANS_IDLE else { return }
        let error = StorageError(
            .statement, store: store, "a statement ended the transaction, which is not for it to do",
            remedy: "Leave BEGIN, COMMIT and ROLLBACK out; use read and write", isNotDone: false)
        failure = error
        throw error
    }

    /// Keeps what has made the transaction fail: the server refuses everything that comes after it.
    private func remembering<Result>(_ body: () throws(StorageError) -> Result) throws(StorageError) -> Result {
        do {
            return try body()
        } catch {
            let isDead =
                handle.map { PQstatus($0) != CONNECTION_OK || PQtransactionStatus($0) == PQTRANS_INERROR } ?? true
            if isDead || interruption != nil || isPoisoned { failure = failure ?? error }
            throw error
        }
    }

    // MARK: Steps

    private func prepare(_ sql: String) throws(StorageError) -> PostgresStatements.Statement {
        try checkText(sql)
        guard let handle else { throw lost() }
        if let name = statements.makeRoom() { try run("DEALLOCATE \(name)") }
        let name = statements.newName()
        guard PQsendPrepare(handle, name, sql, 0, nil) == 1 else { throw lost() }
        try discardResults()
        guard PQsendDescribePrepared(handle, name) == 1 else { throw lost() }
        try flush()
        var parameters = 0
        var isBinary = true
        var failed: StorageError?
        while let result = try nextResult(after: failed) {
            if let error = error(of: result) { failed = failed ?? error }
            parameters = Int(PQnparams(result.pointer))
            for column in 0..<PQnfields(result.pointer) {
                isBinary = isBinary && PostgresType.isReadBinary(PQftype(result.pointer, column))
            }
        }
        if let failed { throw failed }
        let statement = PostgresStatements.Statement(name: name, parameters: parameters, isBinary: isBinary)
        statements.insert(sql, statement)
        return statement
    }

    /// Sends what is pending and reads results that hold nothing.
    private func discardResults() throws(StorageError) {
        try flush()
        var failed: StorageError?
        while let result = try nextResult(after: failed) { failed = failed ?? error(of: result) }
        if let failed { throw failed }
    }

    private func send(
        _ statement: PostgresStatements.Statement, _ values: borrowing PostgresParameters
    ) throws(StorageError) {
        guard let handle else { throw lost() }
        let isSent = values.withPointers { pointers in
            PQsendQueryPrepared(
                handle, statement.name, Int32(truncatingIfNeeded: values.lengths.count), pointers, values.lengths,
                values.formats, statement.isBinary ? 1 : 0)
        }
        guard isSent == 1 else { throw lost() }
        // One row after the other, so that a result of any length takes the memory of one row.
        PQsetSingleRowMode(handle)
        try flush()
    }

    private func receive(
        wantsRows: Bool, wasKnown: Bool, _ body: (SQLRow) throws(StorageError) -> Bool
    ) throws(StorageError) -> Int {
        var stream = PostgresStream(store: store, limit: configuration.limits.maxRowBytes, wasKnown: wasKnown)
        isStreaming = true
        defer { isStreaming = false }
        var wantsMore = wantsRows
        var failed: StorageError?
        while let row = try stream.next(self, isRead: wantsMore) {
            do throws(StorageError) {
                wantsMore = try body(row)
            } catch {
                failed = error
                wantsMore = false
            }
        }
        if let failed { throw failed }
        try checkTransaction()
        return stream.affected
    }
}
