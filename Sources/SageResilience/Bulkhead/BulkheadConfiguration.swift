/// How many calls a ``Bulkhead`` lets be in flight, and how the others wait; valid by construction.
public struct BulkheadConfiguration: Sendable, Hashable {
    /// The largest limit there can be.
    static let largestLimit = 1_000_000

    /// The most calls in flight at the same time.
    public let limit: Int
    /// The most calls that wait at the same time.
    public let maxQueued: Int
    /// The longest time a call waits; zero refuses at once.
    public let maxWait: Duration
    /// The wait that counts as much as one level of ``CallPriority``.
    public let ageing: Duration

    /// Creates a configuration.
    ///
    /// - Parameters:
    ///   - limit: The most calls in flight at the same time, 1 to 1,000,000.
    ///   - maxQueued: The most calls that wait at the same time, 0 or more. Defaults to 1,000; what bounds a queue in
    ///     practice is `maxWait`.
    ///   - maxWait: The longest time a call waits, 0 or more; zero refuses at once. Defaults to 5 s.
    ///   - ageing: The wait that counts as much as one level of priority, 0 or more. A waiting call rises by one level
    ///     each time it passes, so that unimportant calls are not starved: a call is overtaken only by those that arrive
    ///     less than `ageing` later for each level between them. Zero serves in the order of arrival, whatever the
    ///     priority; a very long time is strict priority. Defaults to 1 s.
    /// - Throws: ``ConfigurationError`` for the first value that is out of range.
    public init(
        limit: Int, maxQueued: Int = 1_000, maxWait: Duration = .seconds(5), ageing: Duration = .seconds(1)
    ) throws(ConfigurationError) {
        try Self.validate(limit: limit)
        try Validation.count("maxQueued", maxQueued, in: 0...Int.max)
        try Validation.notNegative("maxWait", maxWait)
        try Validation.notNegative("ageing", ageing)
        self.limit = limit
        self.maxQueued = maxQueued
        self.maxWait = maxWait
        self.ageing = ageing
    }

    static func validate(limit: Int) throws(ConfigurationError) {
        try Validation.count("limit", limit, in: 1...largestLimit)
    }
}
