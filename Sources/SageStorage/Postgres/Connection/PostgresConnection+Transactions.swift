import CPostgreSQL
import SageResilience

extension PostgresConnection {
    /// What came of a transaction.
    enum Outcome<Value: Sendable>: Sendable {
        case value(Value)
        case failed(any Error)
        /// The connection was broken before anything began; another one may work.
        case broken(StorageError)
    }

    /// Runs a transaction.
    ///
    /// Afterwards the connection may have to be cleaned up, which the caller of the operation need not wait for.
    func transaction<Value: Sendable>(
        _ kind: PostgresTransaction, _ call: PostgresCall, _ body: (any SQLSession) throws -> Value
    ) -> Outcome<Value> {
        begin(call)
        defer { end() }
        if let broken = revive(call) { return .broken(broken) }
        do throws(StorageError) {
            try run(kind.begin)
        } catch {
            if interruption != nil { return .failed(explained(error)) }
            return error.problem == .connectionLost || error.problem == .starting ? .broken(error) : .failed(error)
        }
        let outcome = perform(kind, body)
        // The schema has changed since its statements were prepared. The transaction is undone; once is enough.
        guard hasStaleStatement, case .failed = outcome, interruption == nil, isUsable else { return outcome }
        return repeated(kind, body)
    }

    /// Runs one statement outside of any transaction.
    func administer(_ sql: String, _ call: PostgresCall) -> Outcome<Bool> {
        begin(call)
        defer { end() }
        if let broken = revive(call) { return .broken(broken) }
        do throws(StorageError) {
            try run(sql)
            return .value(true)
        } catch {
            return .failed(explained(error))
        }
    }

    private func repeated<Value: Sendable>(
        _ kind: PostgresTransaction, _ body: (any SQLSession) throws -> Value
    ) -> Outcome<Value> {
        failure = nil
        hasStaleStatement = false
        statements.removeAll()
        do throws(StorageError) {
            try run("DEALLOCATE ALL")
            try run(kind.begin)
        } catch {
            return .failed(explained(error))
        }
        return perform(kind, body)
    }

    /// Asks a connection that was idle for long whether it still works.
    ///
    /// - Returns: What is wrong with it.
    private func revive(_ call: PostgresCall) -> StorageError? {
        guard isDoubtful else { return nil }
        self.call = PostgresCall(Deadline.earlier(call.deadline, .after(.seconds(3))) ?? call.deadline)
        defer {
            self.call = call
            interruption = nil
        }
        do throws(StorageError) {
            try run("")
            return nil
        } catch {
            isPoisoned = true
            return error
        }
    }

    private func perform<Value: Sendable>(
        _ kind: PostgresTransaction, _ body: (any SQLSession) throws -> Value
    ) -> Outcome<Value> {
        let session = PostgresSession(self)
        let result = Result { try body(session) }
        session.end()
        if interruption == nil { interruption = call?.interruption }
        if let interruption { return .failed(explained(failure ?? interrupted(interruption))) }
        switch result {
        case .failure(let error):
            rollBack()
            return .failed(error)
        case .success(let value):
            if let failure {
                // The caller went on after a failure; the server undoes the whole transaction all the same.
                rollBack()
                return .failed(failure)
            }
            return commit(kind, value)
        }
    }

    // MARK: Ends

    private func rollBack() {
        guard let handle, PQstatus(handle) == CONNECTION_OK, !isPoisoned,
            PQtransactionStatus(handle) != PQTRANS_IDLE
        else { return }
        // What goes wrong is found by whoever looks whether the connection is usable.
        do throws(StorageError) { try run("ROLLBACK") } catch { return }
    }

    private func commit<Value: Sendable>(_ kind: PostgresTransaction, _ value: Value) -> Outcome<Value> {
        guard let handle, PQstatus(handle) == CONNECTION_OK else { return .failed(lost()) }
        do throws(StorageError) {
            // From here on cancellation comes too late: it would only hide whether the work is done.
            let command = try run("COMMIT", isCancellable: false)
            guard command == "COMMIT" else {
                return .failed(
                    StorageError(
                        .other, store: store, "the server answered COMMIT with \(command)", isNotDone: true))
            }
            return .value(value)
        } catch {
            // What was read is right, however the transaction ended.
            if kind == .read { return .value(value) }
            return .failed(judgeCommit(error))
        }
    }

    /// An error by which the server ends the transaction is an answer; everything else leaves open what it did.
    private func judgeCommit(_ error: StorageError) -> StorageError {
        let isAnswer =
            handle.map { PQstatus($0) == CONNECTION_OK && PQtransactionStatus($0) == PQTRANS_IDLE } ?? false
        let isUnknown = error.code == "40003" || error.code?.hasPrefix("08") == true
        guard !isAnswer || isUnknown else { return error }
        var error = error
        error.isNotDone = false
        error.isOutcomeUnknown = true
        error.remedy = "Look whether the change is there before you repeat it"
        return error
    }

    /// The end of a cancelled task is that it was cancelled.
    private func explained(_ error: StorageError) -> any Error {
        interruption == .cancelled ? CancellationError() : error
    }

    // MARK: Cleaning up

    /// Ends what an interrupted operation has left behind: a statement that still runs, an open transaction.
    ///
    /// Nothing of it reaches the next operation: the request to cancel has been dealt with by the server before the
    /// connection is used again, so that it can hit nothing later than the `ROLLBACK`.
    func cleanUp() {
        guard let handle, !isPoisoned, PQstatus(handle) == CONNECTION_OK else { return }
        begin(PostgresCall(.after(.seconds(5))))
        defer { end() }
        do throws(StorageError) {
            if PQtransactionStatus(handle) == PQTRANS_ACTIVE {
                let request = try PostgresCancellation(of: handle, pipe, store: store)
                try flush()
                while let result = try nextResult() {
                    _ = error(of: result)
                    if isPoisoned { return }
                }
                try waitForEnd(of: request)
            }
            if PQtransactionStatus(handle) != PQTRANS_IDLE {
                try run("ROLLBACK")
            } else {
                try run("")
            }
        } catch {
            isPoisoned = true
        }
    }

    /// Waits until the server has dealt with a request to cancel; a connection whose request may still come is of no use.
    private func waitForEnd(of request: PostgresCancellation) throws(StorageError) {
        while !request.isDone {
            if let interruption = call?.interruption { throw interrupted(interruption) }
            _ = pipe.wait(nanoseconds: call?.deadline.remainingNanoseconds)
        }
    }
}
