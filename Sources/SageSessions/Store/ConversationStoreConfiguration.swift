import SageResilience
import SageStorage

/// What a store of conversations allows and promises.
///
/// The defaults fit one machine with a local disk. A value type; checked when a store is made with it.
public struct ConversationStoreConfiguration: Sendable, Hashable {
    /// What an acknowledgement promises beyond the death of the process.
    ///
    /// Defaults to ``SyncPolicy/always``.
    public var sync: SyncPolicy
    /// How long an owner may be silent before its turns count as interrupted.
    ///
    /// Defaults to 15 s.
    public var lease: Duration
    /// How often ``ConversationStore/run(onFailure:)`` says that this process lives; at most a third of the lease.
    ///
    /// Defaults to 4 s.
    public var heartbeat: Duration
    /// How long an idempotency key is remembered.
    ///
    /// Defaults to 24 h.
    public var idempotencyLifetime: Duration
    /// The largest entry, in bytes of its JSON.
    ///
    /// Defaults to 32 MiB; a store whose database takes less in a row allows less.
    public var maxEntryBytes: Int
    /// The largest conversation to which a turn may be added, or that may be imported, in bytes.
    ///
    /// Defaults to 1 GiB.
    public var maxSessionBytes: Int
    /// Entries above this many bytes are stored once for all conversations that hold them.
    ///
    /// Defaults to 64 KiB.
    public var inlineBytes: Int
    /// What ``ConversationStore/run(onFailure:)`` removes, and when; nil keeps everything.
    ///
    /// Defaults to ``Retention/standard``.
    public var retention: Retention?
    /// How often ``ConversationStore/run(onFailure:)`` removes it.
    ///
    /// Defaults to 10 minutes.
    public var sweepInterval: Duration

    /// Creates a configuration; every value has a default.
    ///
    /// - Parameters:
    ///   - sync: What an acknowledgement promises beyond the death of the process.
    ///   - lease: How long an owner may be silent before its turns count as interrupted.
    ///   - heartbeat: How often the store says that this process lives; at most a third of the lease.
    ///   - idempotencyLifetime: How long an idempotency key is remembered.
    ///   - maxEntryBytes: The largest entry.
    ///   - maxSessionBytes: The largest conversation.
    ///   - inlineBytes: The largest entry that is not stored apart.
    ///   - retention: What is removed, and when; nil keeps everything.
    ///   - sweepInterval: How often it is removed.
    public init(
        sync: SyncPolicy = .always, lease: Duration = .seconds(15), heartbeat: Duration = .seconds(4),
        idempotencyLifetime: Duration = .seconds(86_400), maxEntryBytes: Int = 32 << 20,
        maxSessionBytes: Int = 1 << 30, inlineBytes: Int = 64 << 10, retention: Retention? = .standard,
        sweepInterval: Duration = .seconds(600)
    ) {
        self.sync = sync
        self.lease = lease
        self.heartbeat = heartbeat
        self.idempotencyLifetime = idempotencyLifetime
        self.maxEntryBytes = maxEntryBytes
        self.maxSessionBytes = maxSessionBytes
        self.inlineBytes = inlineBytes
        self.retention = retention
        self.sweepInterval = sweepInterval
    }

    /// What ``maxEntryBytes`` may be.
    static let entryBytes = 1_024...(512 << 20)

    /// - Throws: `ConfigurationError` for a value out of range.
    func validate() throws(ConfigurationError) {
        func positive(_ field: String, _ value: Duration) throws(ConfigurationError) {
            guard value >= .milliseconds(1), value <= .seconds(1 << 40) else {
                throw ConfigurationError(field: field, value: value, allowed: "1 ms or more")
            }
        }
        try positive("lease", lease)
        try positive("heartbeat", heartbeat)
        try positive("idempotencyLifetime", idempotencyLifetime)
        try positive("sweepInterval", sweepInterval)
        guard heartbeat * 3 <= lease else {
            throw ConfigurationError(
                field: "heartbeat", value: heartbeat, allowed: "at most a third of the lease, \(lease)")
        }
        try SettingRange.check("maxEntryBytes", maxEntryBytes, in: Self.entryBytes)
        try SettingRange.check("maxSessionBytes", maxSessionBytes, in: 1_024...(1 << 40))
        try SettingRange.check("inlineBytes", inlineBytes, in: 256...(1 << 20))
        if case .interval(let interval) = sync { try positive("sync.interval", interval) }
        try retention?.validate()
    }
}

extension Duration {
    /// Whole milliseconds, rounded towards zero; the largest number for what is longer.
    var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000)
        guard !overflow else { return seconds > 0 ? .max : .min }
        let (sum, carried) = product.addingReportingOverflow(attoseconds / 1_000_000_000_000_000)
        return carried ? (seconds > 0 ? .max : .min) : sum
    }
}
