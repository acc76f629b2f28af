/// What an import may bring at most.
public struct ImportLimits: Sendable, Hashable {
    /// The largest file in bytes.
    public var maximumBytes: Int
    /// The largest line of a file of lines, in bytes.
    public var maximumLineBytes: Int
    /// The largest number of messages, or of entries.
    public var maximumMessages: Int
    /// How many arrays and objects may stand within each other.
    public var maximumDepth: Int
    /// What a message may be at most.
    public var message: MessageLimits

    /// Creates limits.
    ///
    /// - Parameters:
    ///   - maximumBytes: The largest file in bytes. Defaults to 256 MiB.
    ///   - maximumLineBytes: The largest line of a file of lines. Defaults to 64 MiB.
    ///   - maximumMessages: The largest number of messages. Defaults to 100,000.
    ///   - maximumDepth: How many arrays and objects may stand within each other. Defaults to 128.
    ///   - message: What a message may be at most. Defaults to 16 MiB.
    public init(
        maximumBytes: Int = 256 << 20, maximumLineBytes: Int = 64 << 20, maximumMessages: Int = 100_000,
        maximumDepth: Int = 128, message: MessageLimits = MessageLimits()
    ) {
        self.maximumBytes = max(maximumBytes, 0)
        self.maximumLineBytes = max(maximumLineBytes, 0)
        self.maximumMessages = max(maximumMessages, 0)
        self.maximumDepth = maximumDepth
        self.message = message
    }

    var document: JSONLimits { JSONLimits(maximumBytes: maximumBytes, maximumDepth: maximumDepth) }
    var line: JSONLimits { JSONLimits(maximumBytes: maximumLineBytes, maximumDepth: maximumDepth) }
}
