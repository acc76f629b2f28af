import SageResilience

/// One attempt to connect, on a thread of its own.
///
/// Resolving a name blocks the thread beyond every deadline, so an attempt can be left behind: its thread then ends by
/// itself, and closes the connection should there be one after all.
struct PostgresConnecting {
    private let configuration: PostgresConfiguration
    private let store: String
    private let policies: StoragePolicies
    private let deadline: Deadline

    init(_ configuration: PostgresConfiguration, _ storageGuard: StorageGuard, _ limit: Deadline) {
        self.configuration = configuration
        self.store = storageGuard.store
        self.policies = storageGuard.policies
        let own = configuration.connectTimeout.map { Deadline.after($0, clock: storageGuard.policies.clock) }
        self.deadline = Deadline.earlier(limit, own) ?? limit
    }

    /// Starts the thread.
    func start(_ events: PostgresConnection.Events) throws(StorageError) -> PostgresPool.Worker {
        // Connections that were made at the same time must not end at the same time.
        let lifetime = configuration.limits.maxLifetime * (0.9 + 0.1 * policies.random.unitInterval())
        let (store, configuration) = (store, configuration)
        return try PostgresPool.Worker("sage-postgres", store: store) { pipe in
            PostgresConnection(store: store, configuration, pipe, lifetime: lifetime, events)
        }
    }

    /// Connects.
    ///
    /// - Throws: ``StorageError``, or `CancellationError` as soon as the task is cancelled.
    func finish(_ worker: PostgresPool.Worker) async throws {
        let (call, result) = (PostgresCall(deadline), PendingResult<Bool>())
        let isSubmitted = worker.submit { connection in
            let outcome = Result<Bool, any Error> {
                try connection.connect(call)
                return true
            }
            let isWanted = result.decide(outcome)
            if !isWanted || !connection.isUsable { connection.abandon() }
        }
        guard isSubmitted else { throw StorageError(.closed, store: store, "the thread has ended", isNotDone: true) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [self] in
                // A little later than the thread, whose answer says more.
                let grace = deadline.remaining + .milliseconds(250)
                guard (try? await policies.clock.sleep(for: grace)) != nil else { return }
                result.decide(.failure(nameError))
            }
            defer { group.cancelAll() }
            _ = try await withTaskCancellationHandler {
                try await result.wait()
            } onCancel: {
                call.cancel()
                worker.pipe.wake()
                result.decide(.failure(CancellationError()))
            }
        }
    }

    private var nameError: StorageError {
        let failure = PostgresFailure(
            sqlState: nil, message: "could not translate host name \"\(configuration.host)\" before the deadline")
        return StorageError(failure, store: store, PostgresRemedy(configuration: configuration))
    }
}
