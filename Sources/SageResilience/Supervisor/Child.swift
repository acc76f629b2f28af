/// A task that a ``Supervisor`` runs, and the rule by which it is started again.
///
/// ```swift
/// Child("ingest") { try await ingest() }                               // for ever
/// Child("import", restart: .transient) { try await importOnce() }      // until it succeeds
/// Child("store") { child in
///     let store = try await Store.open()
///     child.ready()                                                    // now those after it may start
///     try await store.serve()
/// }
/// ```
///
/// A value type. The operation runs in a task of its own, once at a time, and anew for every restart.
public struct Child: Sendable {
    /// When a child that has ended is started again, as in Erlang.
    ///
    /// No kind is started again after cancellation, a shutdown or a stop by hand.
    @nonexhaustive
    public enum Restart: String, Sendable, Hashable, CaseIterable {
        /// Always: returning is as much of a failure as throwing.
        case permanent
        /// Only when it threw an error.
        case transient
        /// Never, not even when its group is restarted.
        case temporary
    }

    /// The name, unique within the supervisor.
    public let name: String
    /// When it is started again.
    public let restart: Restart
    /// How long to wait before each restart; nil for the policy's.
    public let backoff: Backoff?

    let operation: @Sendable (Context) async throws -> Void
    /// Whether the operation says itself when it is ready.
    let signalsReady: Bool
    /// A supervisor stops its own children, so it is asked to instead of cancelled.
    let nested: Supervisor?

    /// A child that is ready as soon as it runs.
    ///
    /// - Parameters:
    ///   - name: The name, unique within the supervisor.
    ///   - restart: When it is started again. Defaults to always.
    ///   - backoff: How long to wait before each restart. Defaults to the policy's.
    ///   - operation: The work. It should end soon after its task is cancelled: the supervisor waits for it.
    public init(
        _ name: String, restart: Restart = .permanent, backoff: Backoff? = nil,
        _ operation: @escaping @Sendable () async throws -> Void
    ) {
        self.init(name, restart, backoff, signalsReady: false, nested: nil) { _ in try await operation() }
    }

    /// A child that says when it is ready, and may end its work in its own way at a shutdown.
    ///
    /// - Parameters:
    ///   - name: The name, unique within the supervisor.
    ///   - restart: When it is started again. Defaults to always.
    ///   - backoff: How long to wait before each restart. Defaults to the policy's.
    ///   - operation: The work. It has to call ``Context/ready()``: until then those after it are held back.
    public init(
        _ name: String, restart: Restart = .permanent, backoff: Backoff? = nil,
        _ operation: @escaping @Sendable (Context) async throws -> Void
    ) {
        self.init(name, restart, backoff, signalsReady: true, nested: nil, operation)
    }

    /// A supervisor as a child: when it gives up, that is the child's failure.
    ///
    /// When it has to stop it stops its own children one after another, instead of being cancelled.
    ///
    /// - Parameters:
    ///   - supervisor: Runs under its own name. It must not run anywhere else at the same time.
    ///   - restart: When it is started again. Defaults to when it threw: a supervisor returns when all its work is
    ///     done, or when it was told to stop.
    ///   - backoff: How long to wait before each restart. Defaults to the policy's.
    public init(_ supervisor: Supervisor, restart: Restart = .transient, backoff: Backoff? = nil) {
        self.init(supervisor.name, restart, backoff, signalsReady: false, nested: supervisor) { context in
            try await supervisor.run(under: context)
        }
    }

    private init(
        _ name: String, _ restart: Restart, _ backoff: Backoff?, signalsReady: Bool, nested: Supervisor?,
        _ operation: @escaping @Sendable (Context) async throws -> Void
    ) {
        self.name = name
        self.restart = restart
        self.backoff = backoff
        self.operation = operation
        self.signalsReady = signalsReady
        self.nested = nested
    }
}
