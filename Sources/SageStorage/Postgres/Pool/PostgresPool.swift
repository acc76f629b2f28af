import SageResilience
import Synchronization

/// The connections to one server: made when they are needed, shared, watched and replaced.
///
/// Thread-safe.
final class PostgresPool: Sendable {
    typealias Worker = ConnectionThread<PostgresConnection>
    typealias Operation<Value: Sendable> =
        @Sendable (PostgresConnection, PostgresCall) -> PostgresConnection.Outcome<Value>

    private struct State {
        var numbers = PostgresPoolState()
        var workers: [UInt64: Worker] = [:]
        /// Who waits for the last connection to end.
        var closers: [CheckedContinuation<Void, Never>] = []
    }

    /// By which policies a connection is made.
    private enum Connecting {
        case guarded, unguarded
    }

    private enum Lease {
        case use(UInt64, Worker)
        case open
        case closed
    }

    private let configuration: PostgresConfiguration
    private let storageGuard: StorageGuard
    private let bulkhead: Bulkhead
    private let state = Mutex(State())

    init(_ configuration: PostgresConfiguration, _ storageGuard: StorageGuard) throws(ConfigurationError) {
        let (limits, policies) = (configuration.limits, storageGuard.policies)
        self.configuration = configuration
        self.storageGuard = storageGuard
        self.bulkhead = Bulkhead(
            "\(storageGuard.store).pool",
            try BulkheadConfiguration(limit: limits.poolSize, maxQueued: limits.maxQueued, maxWait: limits.maxWait),
            clock: policies.clock, listener: policies.listener)
    }

    private var store: String { storageGuard.store }

    /// What the pool is doing.
    var snapshot: PostgresPoolSnapshot {
        let waiting = bulkhead.snapshot()
        return state.withLock { state in
            PostgresPoolSnapshot(
                size: configuration.limits.poolSize, open: state.numbers.open.count, idle: state.numbers.idle.count,
                inUse: waiting.inFlight, waiting: waiting.queued)
        }
    }

    // MARK: Operations

    /// Runs a transaction on one of the connections.
    func run<Value: Sendable>(
        _ kind: PostgresTransaction, _ deadline: Deadline,
        _ body: @escaping @Sendable (any SQLSession) throws -> Value
    ) async throws -> Value {
        try await use(deadline) { connection, call in connection.transaction(kind, call, body) }
    }

    /// Runs something on one of the connections.
    private func use<Value: Sendable>(
        _ deadline: Deadline, _ connecting: Connecting = .guarded, _ operation: @escaping Operation<Value>
    ) async throws -> Value {
        // After the server has been restarted, every free connection may turn out to be broken; that is no attempt.
        var broken: StorageError?
        for _ in 0...configuration.limits.poolSize {
            switch try await attempt(deadline, connecting, operation) {
            case .value(let value): return value
            case .failed(let error): throw error
            case .broken(let error): broken = error
            }
        }
        throw broken ?? closedError
    }

    /// Runs one statement outside of any transaction.
    func administer(_ sql: String, _ deadline: Deadline) async throws {
        _ = try await use(deadline) { connection, call in connection.administer(sql, call) }
    }

    /// Makes sure that there is a connection.
    func connect(_ deadline: Deadline) async throws {
        let _: Bool = try await run(.read, deadline) { _ in true }
    }

    /// Looks whether the server answers, past the policies: a breaker that is open is why somebody asks.
    func probe(_ deadline: Deadline) async throws {
        let _: Bool = try await use(deadline, .unguarded) { $0.transaction(.read, $1) { _ in true } }
    }

    private func attempt<Value: Sendable>(
        _ deadline: Deadline, _ connecting: Connecting, _ operation: @escaping Operation<Value>
    ) async throws -> PostgresConnection.Outcome<Value> {
        let (number, worker) = try await lease(deadline, connecting)
        let (call, result) = (PostgresCall(deadline), PendingResult<PostgresConnection.Outcome<Value>>())
        let isSubmitted = worker.submit { connection in
            let outcome = operation(connection, call)
            // What has to be cleaned up nobody waits for.
            if connection.isUsable {
                self.giveBack(number, worker, connection)
                result.decide(.success(outcome))
            } else {
                result.decide(.success(outcome))
                connection.cleanUp()
                self.giveBack(number, worker, connection)
            }
        }
        guard isSubmitted else {
            bulkhead.leave()
            return .broken(closedError)
        }
        return try await withTaskCancellationHandler {
            try await result.wait()
        } onCancel: {
            call.cancel()
            worker.pipe.wake()
        }
    }

    // MARK: Connections

    private func lease(_ deadline: Deadline, _ connecting: Connecting) async throws -> (UInt64, Worker) {
        let longest = min(configuration.limits.maxWait, deadline.remaining)
        _ = try await bulkhead.enter(maxWait: longest)
        switch take() {
        case .closed:
            bulkhead.leave()
            throw closedError
        case .use(let number, let worker):
            return (number, worker)
        case .open:
            do {
                guard connecting == .guarded else { return try await open(deadline) }
                return try await CallContext.with(deadline: deadline) {
                    try await storageGuard.run(.connect) { limit in try await self.open(limit) }
                }
            } catch {
                bulkhead.leave()
                throw error
            }
        }
    }

    private func take() -> Lease {
        state.withLock { state in
            switch state.numbers.take() {
            case .closed: .closed
            case .open: .open
            case .use(let number): state.workers[number].map { .use(number, $0) } ?? .open
            }
        }
    }

    /// One attempt to connect.
    private func open(_ limit: Deadline) async throws -> (UInt64, Worker) {
        guard let number = state.withLock({ $0.numbers.begin() }) else { throw closedError }
        let connecting = PostgresConnecting(configuration, storageGuard, limit)
        let worker: Worker
        do {
            worker = try connecting.start(
                PostgresConnection.Events(
                    withdraw: { [weak self] in self?.withdraw(number) ?? true },
                    ended: { [weak self] in self?.ended(number) }))
        } catch {
            ended(number)
            throw error
        }
        try await connecting.finish(worker)
        state.withLock { $0.workers[number] = worker }
        return (number, worker)
    }

    private func giveBack(_ number: UInt64, _ worker: Worker, _ connection: PostgresConnection) {
        let stays = connection.isUsable && !connection.isExpired
        let isKept = state.withLock { stays && $0.numbers.giveBack(number) }
        if !isKept { worker.end() }
        bulkhead.leave()
    }

    private func withdraw(_ number: UInt64) -> Bool {
        state.withLock { $0.numbers.withdraw(number) }
    }

    private func ended(_ number: UInt64) {
        state.withLock { state in
            state.workers[number] = nil
            state.numbers.ended(number)
        }
        finishClosing()
    }

    // MARK: Closing

    private var closedError: StorageError {
        StorageError(.closed, store: store, "the database was closed", isNotDone: true)
    }

    /// Ends the connections that are free, and lets those in use end after their operation.
    func endIdle() {
        let idle = state.withLock { state in state.numbers.close().compactMap { state.workers[$0] } }
        for worker in idle { worker.end() }
    }

    /// Closes all connections and waits for it.
    func close() async {
        endIdle()
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if state.numbers.open.isEmpty { return true }
                state.closers.append(continuation)
                return false
            }
            if isOver { continuation.resume() }
        }
    }

    private func finishClosing() {
        let closers = state.withLock { state in
            guard state.numbers.isClosed, state.numbers.open.isEmpty else {
                return [CheckedContinuation<Void, Never>]()
            }
            defer { state.closers.removeAll() }
            return state.closers
        }
        for closer in closers { closer.resume() }
    }
}
