import SageResilience

/// How a ``SQLiteDatabase`` is opened and used; checked when the database is created.
public struct SQLiteConfiguration: Sendable {
    /// When a transaction counts as written.
    public enum Synchronization: String, Sendable, Hashable, CaseIterable {
        /// When it is on the disk (`PRAGMA synchronous = FULL`): what was acknowledged survives a loss of power.
        case full
        /// When the operating system has it (`PRAGMA synchronous = NORMAL`): it survives the death of the process; a
        /// loss of power may take the last transactions with it, whole and in order, and never damages the file.
        ///
        /// For what only advises, such as the shared state of breakers, many times faster.
        case relaxed
    }

    /// Where the database is.
    public var location: SQLiteLocation
    /// When a transaction counts as written.
    public var synchronization: Synchronization
    /// Whether nothing may be written; for media that cannot be written, and to look at a copy.
    public var isReadOnly: Bool
    /// How long a transaction waits for a lock that another process holds.
    public var busyTimeout: Duration
    /// The most reads that run at the same time, each with a connection of its own; 1 to 64.
    public var maxReaders: Int
    /// The most reads, and the most writes, that wait; 1 or more.
    public var maxQueued: Int
    /// The most prepared statements that a connection keeps; 0 or more.
    public var statementCacheSize: Int
    /// The largest text or blob, and the largest row, in bytes; 1,000 to 1,000,000,000.
    public var maxValueBytes: Int
    /// The size that the write-ahead log may reach before writing stops for a moment to empty it, in bytes.
    public var maxLogBytes: Int

    /// Creates a configuration.
    ///
    /// - Parameters:
    ///   - location: Where the database is.
    ///   - synchronization: When a transaction counts as written. Defaults to ``Synchronization/full``.
    ///   - isReadOnly: Whether nothing may be written. Defaults to false.
    ///   - busyTimeout: How long a transaction waits for a lock that another process holds. Defaults to 5 s.
    ///   - maxReaders: The most reads that run at the same time, 1 to 64. Defaults to 4.
    ///   - maxQueued: The most reads, and the most writes, that wait, 1 or more. Defaults to 10,000.
    ///   - statementCacheSize: The most prepared statements that a connection keeps, 0 or more. Defaults to 128.
    ///   - maxValueBytes: The largest text or blob, and the largest row. Defaults to 128 MiB.
    ///   - maxLogBytes: The size that the write-ahead log may reach, 1 MiB or more. Defaults to 64 MiB.
    public init(
        _ location: SQLiteLocation, synchronization: Synchronization = .full, isReadOnly: Bool = false,
        busyTimeout: Duration = .seconds(5), maxReaders: Int = 4, maxQueued: Int = 10_000,
        statementCacheSize: Int = 128, maxValueBytes: Int = 128 << 20, maxLogBytes: Int = 64 << 20
    ) {
        self.location = location
        self.synchronization = synchronization
        self.isReadOnly = isReadOnly
        self.busyTimeout = busyTimeout
        self.maxReaders = maxReaders
        self.maxQueued = maxQueued
        self.statementCacheSize = statementCacheSize
        self.maxValueBytes = maxValueBytes
        self.maxLogBytes = maxLogBytes
    }

    func validate() throws(ConfigurationError) {
        try SettingRange.check("maxReaders", maxReaders, in: 1...64)
        try SettingRange.check("maxQueued", maxQueued, in: 1...Int.max)
        try SettingRange.check("statementCacheSize", statementCacheSize, in: 0...Int.max)
        try SettingRange.check("maxValueBytes", maxValueBytes, in: 1_000...1_000_000_000)
        try SettingRange.check("maxLogBytes", maxLogBytes, in: 1 << 20...Int.max)
        guard busyTimeout >= .zero else {
            throw ConfigurationError(field: "busyTimeout", value: busyTimeout, allowed: "0 or more")
        }
        if case .file(let path) = location, path.isEmpty || path.utf8.contains(0) {
            throw ConfigurationError(
                field: "location", value: path.isEmpty ? "empty" : "a path with NUL", allowed: "the path of a file")
        }
        if case .memory = location, isReadOnly {
            throw ConfigurationError(field: "isReadOnly", value: "true", allowed: "false for a database in memory")
        }
    }
}

/// Where a SQLite database is.
public enum SQLiteLocation: Sendable, Hashable, CustomStringConvertible {
    /// In a file at this path; a relative one starts at the working directory.
    case file(String)
    /// In memory, for tests: it is gone when it is closed.
    case memory

    /// The location as a URL.
    public var description: String {
        switch self {
        case .file(let path): "sqlite:\(path)"
        case .memory: "sqlite::memory:"
        }
    }
}
