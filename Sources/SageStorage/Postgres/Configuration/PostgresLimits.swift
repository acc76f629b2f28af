public import SageResilience

/// What the connections to one PostgreSQL server are limited to; valid by construction.
public struct PostgresLimits: Sendable, Hashable {
    /// The most connections at the same time.
    public let poolSize: Int
    /// The most operations that wait for a connection.
    public let maxQueued: Int
    /// The longest time that an operation waits for a connection.
    public let maxWait: Duration
    /// After how much idleness a connection is closed.
    public let idleTime: Duration
    /// After how much idleness a connection is asked whether it still works before it is used.
    public let idleCheck: Duration
    /// How old a connection grows.
    public let maxLifetime: Duration
    /// The most bytes of the values of one row, and of the parameters of one statement.
    public let maxRowBytes: Int
    /// The most statements that a connection keeps prepared.
    public let maxPrepared: Int

    /// Creates limits.
    ///
    /// - Parameters:
    ///   - poolSize: The most connections at the same time, 1 to 1,000; each has a thread. Defaults to 8.
    ///   - maxQueued: The most operations that wait for a connection, 0 or more. Defaults to 10,000.
    ///   - maxWait: The longest time that an operation waits for a connection. Defaults to 30 s.
    ///   - idleTime: After how much idleness a connection is closed. Defaults to 10 minutes.
    ///   - idleCheck: After how much idleness a connection is asked whether it still works. Defaults to 30 s.
    ///   - maxLifetime: How old a connection grows before it is replaced, so that servers that were added get their
    ///     share, and memory that a session has piled up is freed. Defaults to an hour.
    ///   - maxRowBytes: The most bytes of the values of one row, and of the parameters of one statement, 1,024 to
    ///     2^30, which is PostgreSQL's own limit. Defaults to 64 MiB.
    ///   - maxPrepared: The most statements that a connection keeps prepared, 1 to 10,000. Defaults to 256.
    /// - Throws: `ConfigurationError` for the first value that is out of range.
    public init(
        poolSize: Int = 8, maxQueued: Int = 10_000, maxWait: Duration = .seconds(30),
        idleTime: Duration = .seconds(600), idleCheck: Duration = .seconds(30), maxLifetime: Duration = .seconds(3_600),
        maxRowBytes: Int = 64 << 20, maxPrepared: Int = 256
    ) throws(ConfigurationError) {
        try SettingRange.check("poolSize", poolSize, in: 1...1_000)
        try SettingRange.check("maxQueued", maxQueued, in: 0...Int.max)
        try SettingRange.check("maxWait", maxWait, upTo: .seconds(31_536_000), "a year")
        try SettingRange.check("idleTime", idleTime, upTo: .seconds(31_536_000), "a year")
        try SettingRange.check("idleCheck", idleCheck, upTo: .seconds(31_536_000), "a year")
        try SettingRange.check("maxLifetime", maxLifetime, upTo: .seconds(31_536_000), "a year")
        try SettingRange.check("maxRowBytes", maxRowBytes, in: 1_024...1 << 30)
        try SettingRange.check("maxPrepared", maxPrepared, in: 1...10_000)
        self.poolSize = poolSize
        self.maxQueued = maxQueued
        self.maxWait = maxWait
        self.idleTime = idleTime
        self.idleCheck = idleCheck
        self.maxLifetime = maxLifetime
        self.maxRowBytes = maxRowBytes
        self.maxPrepared = maxPrepared
    }
}
