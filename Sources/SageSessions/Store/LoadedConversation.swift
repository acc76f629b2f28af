/// A conversation as it was read.
public struct LoadedConversation: Sendable, Hashable {
    /// What a list tells about it.
    public var summary: SessionSummary
    /// The intact entries in the order of the log.
    public var entries: [LogEntry]
    /// What the entries say, for a view; as many as ``entries``.
    public var decoded: [DecodedEntry]
    /// What was found damaged or missing.
    public var report: LoadReport
}

/// What reading a conversation has found.
public struct LoadReport: Sendable, Hashable {
    /// An entry that is there and cannot be trusted; it is in no view.
    public struct Dropped: Sendable, Hashable {
        /// Its place; nil when that is damaged too.
        public var seq: Int64?
        /// How many bytes of it are left.
        public var bytes: Int
        /// What is wrong with it.
        public var reason: String
        /// Whether a copy of it stands in the quarantine.
        public var isQuarantined: Bool
    }

    /// How many entries are intact.
    public var recovered = 0
    /// Entries that are there and cannot be trusted.
    public var dropped: [Dropped] = []
    /// Ranges of places at which nothing is any more.
    public var gaps: [ClosedRange<Int64>] = []
    /// What is wrong beside entries, for example the conversation's own row.
    public var problems: [String] = []
    /// Repairs that the log tells of, as `kind: detail`.
    public var repairs: [String] = []

    /// The bytes of all dropped entries.
    public var droppedBytes: Int { dropped.reduce(0) { $0 + $1.bytes } }
    /// The bytes of those whose copies stand in the quarantine.
    public var quarantinedBytes: Int { dropped.reduce(0) { $0 + ($1.isQuarantined ? $1.bytes : 0) } }
    /// Whether nothing is damaged or missing.
    public var isIntact: Bool { dropped.isEmpty && gaps.isEmpty && problems.isEmpty }

    /// Creates an empty report.
    public init() {}
}
