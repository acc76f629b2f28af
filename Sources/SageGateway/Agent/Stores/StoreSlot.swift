import Logging
import SageResilience
import SageStorage
import ServiceLifecycle
import Synchronization

/// The place of a store that may not be there yet: opens it, again and again until that succeeds, and runs what it does
/// in the background.
///
/// A server whose store is away starts and serves models; only what needs the store says that it is not available.
final class StoreSlot<Store: Sendable>: Service {
    /// How a store is opened and what it does then.
    struct Opening: Sendable {
        /// The database; made once, and again after it was discarded.
        var database: @Sendable () throws -> any SQLDatabase
        /// Closes a database whose file is another one by now.
        var discard: @Sendable (any SQLDatabase) async -> Void = { await $0.close() }
        /// Makes the store and prepares its schema.
        var open: @Sendable (any SQLDatabase) async throws -> Store
        /// What the store does in the background, until the task is cancelled.
        var serve: @Sendable (Store) async throws -> Void
    }

    private let name: String
    private let url: String
    private let opening: Opening
    private let clock: any Clock<Duration>
    private let logger: Logger
    /// Whether the store works.
    let condition: StoreCondition
    private let store = Mutex<Store?>(nil)
    private let database = Mutex<ObservedDatabase?>(nil)

    /// - Parameters:
    ///   - name: What the store is for.
    ///   - url: Where it is, without credentials.
    ///   - opening: How it is opened.
    ///   - clock: Measures the waits between attempts.
    ///   - logger: Is told when the store goes away and comes back.
    init(
        _ name: String, url: String, _ opening: Opening, clock: any Clock<Duration> = ContinuousClock(), logger: Logger
    ) {
        self.name = name
        self.url = url
        self.opening = opening
        self.clock = clock
        self.logger = logger
        condition = StoreCondition(name, clock: clock, logger: logger)
    }

    /// The store.
    ///
    /// - Throws: ``GatewayError`` while it is not open.
    func current() throws(GatewayError) -> Store {
        if let store = opened { return store }
        guard let error = condition.failure else {
            throw GatewayError(.storeUnavailable, "the store \(name) is being opened", retryAfter: .seconds(1))
        }
        throw GatewayError(opening: error, name)
    }

    /// The store, if it is open.
    var opened: Store? { store.withLock { $0 } }

    /// The database, once it was made.
    private var guarded: (any GuardedStore)? { database.withLock { $0 }?.database as? any GuardedStore }

    /// How the store is.
    var status: StoreStatus {
        let failure = condition.failure
        return StoreStatus(
            name: name, url: url, isUp: opened != nil && failure == nil, error: failure.map(StoreCondition.describe),
            breakers: guarded?.breakers.map { $0.snapshot() } ?? [])
    }

    /// Opens the store, once, if that takes no longer than a limit.
    func open(within limit: Duration) async {
        do {
            try await TimeLimiter(limit, clock: clock).execute { [self] in _ = try await openOrThrow() }
        } catch is TimeLimiterError {
            note(guarded?.lastFailure ?? StorageError(.timeout, store: name, "it could not be opened yet"))
        } catch {
            note(error)
        }
    }

    /// Keeps the store open and lets it work until the server has shut down.
    func run() async {
        await cancelWhenGracefulShutdown { [self] in
            var wait = Duration.milliseconds(250)
            while !Task.isCancelled {
                do {
                    let store = try await openOrThrow()
                    wait = .milliseconds(250)
                    try await serve(store)
                } catch {
                    if Task.isCancelled { return }
                    if opened == nil { note(error) }
                }
                if condition.isGone { await discard() }
                // One that is wrong for good, such as the file of another program, may be set right meanwhile.
                try? await Timeline(clock).sleep(nanoseconds: wait.saturatingNanoseconds)
                wait = min(wait * 2, .seconds(15))
            }
        }
    }

    /// Lets the store work, and asks it whether it works again while nobody else does.
    private func serve(_ store: Store) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [self] in try await opening.serve(store) }
            group.addTask { [self] in
                while !condition.isGone {
                    try await Timeline(clock).sleep(nanoseconds: Self.probeInterval.saturatingNanoseconds)
                    await probe()
                }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// How often a store that fails is asked whether it works again.
    private static var probeInterval: Duration { .seconds(1) }

    /// Closes a database whose file was moved, removed or replaced, so that what lies in its place is opened.
    private func discard() async {
        let gone = database.withLock { database in
            defer { database = nil }
            return database
        }
        store.withLock { $0 = nil }
        if let gone {
            gone.retire()
            await opening.discard(gone.database)
        }
        logger.notice("store is being opened again", metadata: ["store": .string(name), "url": .string(url)])
    }

    /// Asks a store that fails for a reason that may pass whether it works again.
    ///
    /// One that is damaged answers some questions and not others: only what had failed shows that it is mended.
    func probe() async {
        guard let observed = database.withLock({ $0 }) else { return }
        await CallContext.with(deadline: .after(Self.probeInterval, clock: clock)) {
            if condition.mayPass(.reading) { _ = try? await observed.fetchValue("SELECT 1") }
            if condition.mayPass(.writing) {
                _ = try? await observed.execute("UPDATE sage_schema SET applied_at = applied_at")
            }
        }
    }

    @discardableResult
    private func openOrThrow() async throws -> Store {
        if let store = opened { return store }
        let known = database.withLock { $0 }
        let database = try known ?? ObservedDatabase(opening.database(), condition)
        self.database.withLock { $0 = database }
        let store = try await opening.open(database)
        self.store.withLock { $0 = store }
        condition.opened()
        return store
    }

    private func note(_ error: any Error) {
        if !(error is CancellationError) { condition.failed(.opening, error) }
    }
}

extension GatewayError {
    /// What a client gets to see while a store cannot be opened.
    fileprivate init(opening error: any Error, _ name: String) {
        let problem = (error as? StorageError).map { " (\($0.problem.rawValue))" } ?? ""
        self.init(
            .storeUnavailable, "the store \(name) cannot be opened now\(problem)", retryAfter: .seconds(1))
    }
}
