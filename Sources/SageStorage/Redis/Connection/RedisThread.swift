/// A connection and the thread that it belongs to; the thread ends when this is released.
final class RedisThread: Sendable {
    private let thread: ConnectionThread<RedisSlot>

    /// Starts a thread, without a connection yet.
    ///
    /// - Parameter store: The name of the store.
    init(store: String) throws(StorageError) {
        thread = try ConnectionThread(store, store: store) { _ in RedisSlot() }
    }

    deinit {
        thread.end()
    }

    /// Runs a job on the thread, after those before it.
    ///
    /// When the task is cancelled this throws `CancellationError` at once, and the job goes on to its end.
    ///
    /// - Parameters:
    ///   - holder: Released on the thread when the job has ended, before the task goes on.
    ///   - job: Gets the connection, if there is one, and leaves it or another in its place.
    func run<Result: Sendable>(
        holding holder: RedisLeaseHolder? = nil,
        _ job: @escaping @Sendable (inout RedisConnection?) throws(StorageError) -> Result
    ) async throws -> Result {
        try Task.checkCancellation()
        let result = PendingResult<Result>()
        let isTaken = thread.submit { slot in
            do throws(StorageError) {
                let value = try job(&slot.connection)
                holder?.release()
                result.decide(.success(value))
            } catch {
                holder?.release()
                result.decide(.failure(error))
            }
        }
        guard isTaken else { throw CancellationError() }
        return try await withTaskCancellationHandler {
            try await result.wait()
        } onCancel: {
            result.decide(.failure(CancellationError()))
        }
    }
}

/// Where a thread keeps its connection.
private final class RedisSlot: ThreadResource {
    var connection: RedisConnection?

    var idleDescriptor: Int32? { connection?.descriptor }
    var idleNanoseconds: Int64? { nil }

    /// Nobody asked for anything: the server closes the connection.
    func wake(_ event: ThreadIdleEvent) -> Bool {
        connection = nil
        return true
    }

    func finish() {
        connection = nil
    }
}
