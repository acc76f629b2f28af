/// How large and how deep a JSON text may be.
public struct JSONLimits: Sendable, Hashable {
    /// The largest size in bytes.
    public var maximumBytes: Int
    /// How many arrays and objects may stand within each other.
    public var maximumDepth: Int

    /// Creates limits.
    ///
    /// - Parameters:
    ///   - maximumBytes: The largest size in bytes. Defaults to 64 MiB.
    ///   - maximumDepth: How many arrays and objects may stand within each other; at most 512 is taken. Defaults to 128.
    public init(maximumBytes: Int = 64 << 20, maximumDepth: Int = 128) {
        self.maximumBytes = max(maximumBytes, 0)
        self.maximumDepth = min(max(maximumDepth, 0), 512)
    }
}
