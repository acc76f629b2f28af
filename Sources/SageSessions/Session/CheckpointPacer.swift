/// Decides when the pieces of an answer that streams are written: soon enough to lose little, and in pieces large enough
/// not to slow the stream down.
///
/// A pure value; moments are durations since any origin that does not move.
public struct CheckpointPacer: Sendable, Hashable {
    /// How long a piece may wait for its write to begin.
    ///
    /// Defaults to 200 ms, which leaves 300 ms for the write itself of the 500 ms within which what a client has seen
    /// is to be durable.
    public let delay: Duration
    /// How many bytes may wait.
    public let bytes: Int
    /// What waits.
    public private(set) var pending = ""
    /// When it is to be written at the latest; nil when nothing waits.
    public private(set) var deadline: Duration?

    /// Creates a pacer.
    ///
    /// - Parameters:
    ///   - delay: How long a piece may wait. Defaults to 200 ms; less than 0 counts as 0.
    ///   - bytes: How many bytes may wait. Defaults to 16 KiB; less than 1 counts as 1.
    public init(delay: Duration = .milliseconds(200), bytes: Int = 16 << 10) {
        self.delay = max(.zero, delay)
        self.bytes = max(1, bytes)
    }

    /// Whether it is time to write.
    ///
    /// - Parameter now: The present.
    public func isDue(at now: Duration) -> Bool {
        guard let deadline else { return false }
        return now >= deadline || pending.utf8.count >= bytes
    }

    /// Takes a piece that was sent.
    ///
    /// - Parameters:
    ///   - text: The piece.
    ///   - now: The moment at which it was sent.
    /// - Returns: Whether it is time to write.
    public mutating func add(_ text: String, at now: Duration) -> Bool {
        guard !text.isEmpty else { return isDue(at: now) }
        pending += text
        deadline = deadline ?? now + delay
        return isDue(at: now)
    }

    /// Hands over what waits, to be written.
    public mutating func take() -> String {
        defer {
            pending = ""
            deadline = nil
        }
        return pending
    }
}
