import CPostgreSQL
import SageResilience

/// One connection to PostgreSQL; lives on its thread.
///
/// libpq is used without blocking: whatever waits, waits for the socket, the deadline and the thread's wake-ups at once.
final class PostgresConnection {
    let store: String
    let configuration: PostgresConfiguration
    let pipe: WakePipe
    private let events: Events
    /// Nil until it is connected and after it is closed.
    var handle: OpaquePointer?
    var statements: PostgresStatements
    /// What the present operation is bound to.
    var call: PostgresCall?
    /// Why the present operation has ended early; nothing is sent any more then but what cleans up.
    var interruption: PostgresCall.Interruption?
    /// What made the present transaction fail, whether or not the caller has looked at it.
    var failure: StorageError?
    /// Whether a statement that was prepared earlier is not valid any more.
    var hasStaleStatement = false
    /// Whether the rows of a result are being read.
    var isStreaming = false
    /// Whether it is in a state that this program cannot leave.
    var isPoisoned = false
    /// Whether nobody wants it, so that it ends by itself.
    private var isAbandoned = false
    private var lastUse = ContinuousClock.now
    private let expiry: ContinuousClock.Instant

    /// What the connection asks and tells its pool.
    struct Events: Sendable {
        /// Takes the connection out of the pool, so that it can end; false when somebody is about to use it.
        let withdraw: @Sendable () -> Bool
        /// The connection is closed.
        let ended: @Sendable () -> Void
    }

    /// - Parameter lifetime: How old it grows.
    init(store: String, _ configuration: PostgresConfiguration, _ pipe: WakePipe, lifetime: Duration, _ events: Events)
    {
        self.store = store
        self.configuration = configuration
        self.pipe = pipe
        self.events = events
        self.statements = PostgresStatements(capacity: configuration.limits.maxPrepared)
        self.expiry = ContinuousClock.now.advanced(by: lifetime)
    }

    var remedy: PostgresRemedy {
        PostgresRemedy(
            configuration: configuration,
            serverVersion: handle.map { Int(PQserverVersion($0)) }.flatMap { $0 > 0 ? $0 : nil })
    }

    /// Whether it can be used for another operation.
    var isUsable: Bool {
        guard let handle, !isPoisoned else { return false }
        return PQstatus(handle) == CONNECTION_OK && PQtransactionStatus(handle) == PQTRANS_IDLE
    }

    /// Whether it has reached its age.
    var isExpired: Bool { ContinuousClock.now >= expiry }

    /// Whether it has been idle for so long that it may have been cut off without a word.
    var isDoubtful: Bool { lastUse.duration(to: .now) >= configuration.limits.idleCheck }

    /// Begins an operation.
    func begin(_ call: PostgresCall) {
        self.call = call
        interruption = nil
        failure = nil
        hasStaleStatement = false
        isStreaming = false
    }

    /// Ends an operation.
    func end() {
        call = nil
        lastUse = .now
    }

    /// What libpq says about the connection that broke.
    func lost() -> StorageError {
        let failure =
            handle.map { PostgresFailure(lost: $0) }
            ?? PostgresFailure(sqlState: nil, message: "the connection is closed")
        var error = StorageError(failure, store: store, remedy)
        // Whatever its words are, it was one that worked.
        error.problem = .connectionLost
        error.remedy = nil
        return error
    }

    /// Lets it end by itself.
    func abandon() { isAbandoned = true }

    private func close() {
        guard let handle else { return }
        self.handle = nil
        PQfinish(handle)
    }
}

extension PostgresConnection: ThreadResource {
    var idleDescriptor: Int32? { handle.map { PQsocket($0) } }

    var idleNanoseconds: Int64? {
        guard !isAbandoned else { return 0 }
        let end = min(expiry, lastUse.advanced(by: configuration.limits.idleTime))
        return max(0, ContinuousClock.now.duration(to: end).saturatingNanoseconds)
    }

    func wake(_ event: ThreadIdleEvent) -> Bool {
        guard !isAbandoned else { return false }
        if event == .readable, let handle, PQconsumeInput(handle) == 1, PQstatus(handle) == CONNECTION_OK {
            // A notice, or the value of a setting that has changed.
            return true
        }
        return !events.withdraw()
    }

    func finish() {
        close()
        events.ended()
    }
}
