import CPostgreSQL
import SageResilience

extension PostgresConnection {
    /// Waits for the socket.
    ///
    /// - Throws: ``StorageError`` when the deadline has passed or the task was cancelled; ``interruption`` says which.
    func wait(read: Bool = true, write: Bool = false, isCancellable: Bool = true) throws(StorageError) {
        while true {
            if let interruption = call?.interruption, isCancellable || interruption == .deadline {
                self.interruption = interruption
                throw interrupted(interruption)
            }
            let remaining = call?.deadline.remainingNanoseconds
            let socket = handle.map { PQsocket($0) } ?? -1
            let outcome = pipe.wait(
                for: socket >= 0 ? socket : nil, read: read, write: write, nanoseconds: remaining)
            if !outcome.isDisjoint(with: [.readable, .writable]) { return }
        }
    }

    func interrupted(_ interruption: PostgresCall.Interruption) -> StorageError {
        switch interruption {
        case .cancelled:
            StorageError(.timeout, store: store, "the task was cancelled", isNotDone: true)
        case .deadline:
            StorageError(.timeout, store: store, "no answer came before the deadline", isNotDone: true)
        }
    }

    /// Sends what libpq has gathered.
    func flush(isCancellable: Bool = true) throws(StorageError) {
        guard let handle else { throw lost() }
        while true {
            switch PQflush(handle) {
            case 0: return
            case 1:
                // The server may send before it reads on: both would wait for ever if nobody read.
                try wait(read: true, write: true, isCancellable: isCancellable)
                guard PQconsumeInput(handle) == 1 else { throw lost() }
            default: throw lost()
            }
        }
    }

    /// The next result of what was sent; nil after the last one.
    ///
    /// - Parameter failed: What an earlier result said. When the server then closes the connection, that was the reason.
    func nextResult(
        after failed: StorageError? = nil, isCancellable: Bool = true
    ) throws(StorageError) -> PostgresResult? {
        guard let handle else { throw lost() }
        while PQisBusy(handle) == 1 {
            try wait(isCancellable: isCancellable)
            guard PQconsumeInput(handle) == 1 else { throw failed ?? lost() }
        }
        return PQgetResult(handle).map { PostgresResult($0) }
    }

    /// Runs commands of the simple protocol, without values.
    ///
    /// - Returns: The name of the last command that was done.
    /// - Throws: The first failure, after all results have been read.
    @discardableResult
    func run(_ sql: String, isCancellable: Bool = true) throws(StorageError) -> String {
        guard let handle, PQsendQuery(handle, sql) == 1 else { throw lost() }
        try flush(isCancellable: isCancellable)
        var command = ""
        var failed: StorageError?
        while let result = try nextResult(after: failed, isCancellable: isCancellable) {
            if let error = error(of: result) { failed = failed ?? error } else { command = result.command }
            if isPoisoned { break }
        }
        if let failed { throw failed }
        return command
    }

    /// The failure that a result is; nil when it is none.
    func error(of result: borrowing PostgresResult) -> StorageError? {
        switch result.status {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_SINGLE_TUPLE, PGRES_EMPTY_QUERY:
            return nil
        case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
            isPoisoned = true
            return StorageError(
                .statement, store: store, "COPY is not for a connection of this kind",
                remedy: "Use INSERT with several rows", isNotDone: true)
        default:
            let failure = PostgresFailure(result.pointer)
            guard let handle, PQstatus(handle) == CONNECTION_OK || failure.sqlState != nil else { return lost() }
            return StorageError(failure, store: store, remedy)
        }
    }
}
