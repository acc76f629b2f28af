import SageResilience

/// What is removed from a store of conversations without being asked for.
///
/// A conversation that is running is never removed. One that was interrupted is removed by its age alone, so that a full
/// store does not swallow what somebody still wants to resume.
public struct Retention: Sendable, Hashable {
    /// Conversations to which nothing was written for longer than this go; nil keeps them.
    public var age: Duration?
    /// The idle conversations beyond this many go, those first that were written to longest ago; nil keeps them.
    public var count: Int?
    /// Idle conversations go, those first that were written to longest ago, until all together have at most this many
    /// bytes; nil keeps them.
    public var bytes: Int64?

    /// Creates a rule.
    ///
    /// - Parameters:
    ///   - age: How long a conversation is kept after the last write; nil for ever.
    ///   - count: How many conversations are kept; nil for any number.
    ///   - bytes: How many bytes all of them may have; nil for any number.
    public init(age: Duration? = nil, count: Int? = nil, bytes: Int64? = nil) {
        self.age = age
        self.count = count
        self.bytes = bytes
    }

    /// 90 days, 1,000,000 conversations, 10 GiB.
    public static let standard = Retention(age: .seconds(90 * 86_400), count: 1_000_000, bytes: 10 << 30)

    /// - Throws: `ConfigurationError` for a value out of range.
    func validate() throws(ConfigurationError) {
        if let age, age < .milliseconds(1) {
            throw ConfigurationError(field: "retention.age", value: age, allowed: "1 ms or more")
        }
        if let count, count < 0 {
            throw ConfigurationError(field: "retention.count", value: count, allowed: "0 or more")
        }
        if let bytes, bytes < 0 {
            throw ConfigurationError(field: "retention.bytes", value: bytes, allowed: "0 or more")
        }
    }
}

/// What a sweep has removed.
public struct SweepReport: Sendable, Hashable {
    /// Conversations that were too old.
    public var removedByAge = 0
    /// Conversations beyond the number that is kept.
    public var removedByCount = 0
    /// Conversations beyond the bytes that are kept.
    public var removedByBytes = 0
    /// The bytes of all of them.
    public var removedBytes: Int64 = 0
    /// The ids of the first 100 of them.
    public var examples: [String] = []
    /// Idempotency keys that had expired.
    public var expiredKeys = 0
    /// Rows of processes that are gone.
    public var forgottenOwners = 0

    /// All removed conversations.
    public var removed: Int { removedByAge + removedByCount + removedByBytes }

    /// Creates an empty report.
    public init() {}
}
