package import SageResilience

/// A client of a Redis server whose every operation is guarded by policies and ends in bounded time.
///
/// ```swift
/// let redis = try Redis(RedisConfiguration(url: "redis://127.0.0.1:6379/0"))
/// try await redis.send(["SET", .text(key), .bytes(value), "PX", 60_000])
/// let reply = try await redis.send(["GET", .text(key)], isIdempotent: true)
/// ```
///
/// A pool of connections, each with a thread of its own, is shared by all callers: an operation takes a connection for
/// one round trip. Connections are made when they are needed and again when they broke; one that the server closed, or
/// that has been idle for long and does not answer, is replaced before anything is sent on it.
///
/// No operation takes longer than ``RedisConfiguration/commandTimeout``, with waiting for a connection, connecting and
/// all repetitions, whatever the server does. A cancelled task gets its `CancellationError` at once. An operation is
/// repeated only if it certainly had no effect, or if the caller says that it may run twice.
///
/// Connecting has a circuit breaker of its own with a recovery time of 30 s, operations one with 60 s; both are in
/// `breakers`. Thread-safe.
public final class Redis: GuardHolding {
    /// The name that policies, metrics and errors carry.
    public let name: String
    /// Where the server is, and the limits.
    public let configuration: RedisConfiguration
    package let storageGuard: StorageGuard
    let errors: RedisErrors
    private let pool: RedisPool
    private let clock: any Clock<Duration>

    /// Creates a client; it connects when the first operation needs it.
    ///
    /// - Parameters:
    ///   - configuration: Where the server is, and the limits.
    ///   - name: The name that policies, metrics and errors carry. Defaults to `redis`.
    ///   - policies: How operations are guarded. Their time limits are those of the configuration. Defaults to
    ///     ``StoragePolicies/default``.
    /// - Throws: `ConfigurationError` for a policy's value out of range.
    public init(
        _ configuration: RedisConfiguration, name: String = "redis", policies: StoragePolicies = .default
    ) throws {
        var policies = policies
        policies.connect.timeLimit = configuration.connectTimeout
        policies.statements.timeLimit = configuration.commandTimeout
        self.name = name
        self.configuration = configuration
        self.errors = RedisErrors(store: name, configuration)
        self.storageGuard = try StorageGuard(name, policies)
        self.pool = try RedisPool(configuration, errors, policies)
        self.clock = policies.clock
    }

    /// Where the server is, without credentials.
    public var location: String { configuration.location }

    /// Connects, so that a mistake in the settings shows at once; otherwise the first operation does.
    ///
    /// - Throws: ``StorageError``, or a rejection of a policy.
    public func connect() async throws {
        let lease = try await pool.lease(maxWait: configuration.commandTimeout)
        if try await lease.run({ connection in connection.map { !$0.isStale } ?? false }) { return }
        try await connect(lease)
    }

    /// Sends one command.
    ///
    /// - Parameters:
    ///   - command: The command and its arguments.
    ///   - isIdempotent: Whether running it twice does what running it once does; it is then repeated after a failure
    ///     of which nobody knows whether it came before or after the command had run. Defaults to false.
    ///   - timeout: How long it may take, if less than ``RedisConfiguration/commandTimeout``. Defaults to that.
    /// - Returns: The reply, which is no error.
    /// - Throws: ``StorageError``, also for an error reply; a rejection of a policy; or `CancellationError`.
    @discardableResult
    public func send(
        _ command: RedisCommand, isIdempotent: Bool = false, timeout: Duration? = nil
    ) async throws -> RedisValue {
        let replies = try await perform([command], isIdempotent: isIdempotent, timeout: timeout) { replies in
            guard case .error(let text) = replies[0] else { return }
            throw self.errors.reply(text)
        }
        return replies[0]
    }

    /// Sends several commands in one round trip.
    ///
    /// The server runs them one after the other, but others' commands may run between them; a script or `MULTI` and
    /// `EXEC` keeps them together.
    ///
    /// - Parameters:
    ///   - commands: The commands, up to 10,000.
    ///   - isIdempotent: Whether running them all twice does what running them once does. Defaults to false.
    ///   - timeout: How long it may take, if less than ``RedisConfiguration/commandTimeout``. Defaults to that.
    /// - Returns: The replies in order; an error reply is ``RedisValue/error(_:)`` in its place.
    /// - Throws: ``StorageError``, a rejection of a policy, or `CancellationError`.
    public func pipeline(
        _ commands: [RedisCommand], isIdempotent: Bool = false, timeout: Duration? = nil
    ) async throws -> [RedisValue] {
        guard commands.count <= 10_000 else {
            throw errors.invalid("a pipeline has \(commands.count) commands; up to 10000 are allowed")
        }
        guard !commands.isEmpty else { return [] }
        return try await perform(commands, isIdempotent: isIdempotent, timeout: timeout) { replies in
            // A server that refuses everything because it is not ready is tried again.
            let failures = replies.compactMap { $0.error.map(self.errors.reply) }
            guard failures.count == replies.count, let first = failures.first, first.isNotDone,
                failures.allSatisfy({ $0.problem == first.problem }),
                first.classification.errorClass.retryability == .transient
            else { return }
            throw first
        }
    }

    /// Asks whether the server answers.
    ///
    /// - Throws: ``StorageError``, a rejection of a policy, or `CancellationError`.
    public func ping() async throws {
        _ = try await send(["PING"], isIdempotent: true)
    }

    /// Closes the connections; operations under way end first, later ones are refused.
    public func close() async {
        await pool.close(patience: configuration.commandTimeout + configuration.connectTimeout)
    }

    // MARK: Round trips

    /// Runs commands through the policies.
    ///
    /// - Parameter judge: Looks at the replies of an attempt and throws if it has failed.
    func perform(
        _ commands: [RedisCommand], isIdempotent: Bool, timeout: Duration? = nil,
        _ judge: ([RedisValue]) throws -> Void
    ) async throws -> [RedisValue] {
        for command in commands {
            if let objection = command.objection { throw errors.invalid(objection) }
        }
        let timeout = timeout ?? configuration.commandTimeout
        guard timeout > .zero else { throw errors.invalid("timeout is \(timeout); allowed is more than 0") }
        do {
            return try await CallContext.with(deadline: .after(timeout, clock: clock)) {
                try await storageGuard.run(isIdempotent ? .read : .write) { deadline in
                    let lease = try await pool.lease(maxWait: deadline.remaining)
                    let replies = try await exchange(commands, on: lease, deadline)
                    try judge(replies)
                    return replies
                }
            }
        } catch var error as StorageError {
            let isLost = error.problem == .timeout || error.problem == .connectionLost
            if isLost, !isIdempotent, !error.isNotDone { error.isOutcomeUnknown = true }
            throw error
        }
    }

    private func exchange(
        _ commands: [RedisCommand], on lease: RedisLease, _ deadline: Deadline
    ) async throws -> [RedisValue] {
        while true {
            let end = ContinuousClock.now + deadline.remaining
            let replies = try await lease.run { [configuration] connection throws(StorageError) in
                try connection.use(commands, idleCheck: configuration.idleCheck, until: end)
            }
            if let replies { return replies }
            try await CallContext.with(deadline: deadline) { try await connect(lease) }
        }
    }

    private func connect(_ lease: RedisLease) async throws {
        try await storageGuard.run(.connect) { deadline in
            let remaining = deadline.remaining
            guard remaining > .zero else { throw errors.unreachable("no time was left") }
            let end = ContinuousClock.now + remaining
            do {
                // The thread keeps to the deadline by itself, except while it resolves a name.
                try await TimeLimiter(remaining + .milliseconds(50)).execute { [configuration, errors] in
                    try await lease.run { connection throws(StorageError) in
                        connection = nil
                        connection = try RedisConnection(configuration, errors, until: end)
                    }
                }
            } catch is TimeLimiterError {
                throw errors.stuck
            }
        }
    }

    /// How many connections are in use, and how many operations wait for one.
    package var usage: Bulkhead.Snapshot { pool.usage }
}

extension RedisConnection? {
    /// Sends commands on the connection if it can be used.
    ///
    /// - Returns: The replies; nil when nothing was sent because a connection has to be made first.
    fileprivate mutating func use(
        _ commands: [RedisCommand], idleCheck: Duration, until deadline: ContinuousClock.Instant
    ) throws(StorageError) -> [RedisValue]? {
        guard let connection = self, !connection.isStale else {
            self = nil
            return nil
        }
        if connection.idleness > idleCheck, !connection.answers(until: deadline) {
            self = nil
            return nil
        }
        do throws(StorageError) {
            let replies = try connection.exchange(commands, until: deadline)
            if replies.contains(where: { $0.error.map(RedisErrors.asksForNewConnection) ?? false }) { self = nil }
            return replies
        } catch {
            self = nil
            throw error
        }
    }
}
