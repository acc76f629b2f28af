/// The arithmetic of gRPC's retry throttling, in thousandths of a token.
struct RetryTokens: Sendable {
    /// After how long without a result the level no longer says anything.
    static let idleNanoseconds: Int64 = 60_000_000_000

    /// A full bucket.
    let maximum: Int
    private let perSuccess: Int
    /// By which the bucket is idle.
    let timeline: Timeline

    /// - Parameters:
    ///   - maximum: How many tokens the bucket holds, 1 to 1,000.
    ///   - ratio: What a success gives back, in tokens.
    ///   - timeline: By which the bucket is idle.
    init(maximum: Int, ratio: Double, timeline: Timeline) {
        self.maximum = maximum * 1_000
        // 0.57 · 1000 is 569.99…, which is not a fourth decimal to be dropped.
        self.timeline = timeline
        self.perSuccess = Int(ratio * 1_000 + 1e-6)
    }

    func afterSuccess(_ level: Int) -> Int { min(maximum, level + perSuccess) }

    func afterFailure(_ level: Int) -> Int { max(0, level - 1_000) }

    /// Whether more than half of the tokens are there.
    func allowsRetry(_ level: Int) -> Bool { level * 2 > maximum }

    /// How many failures in a row would still be retried; each takes its token before the bucket is looked at.
    func remainingRetries(_ level: Int) -> Int { max(0, (level * 2 - maximum - 1) / 2_000) }
}
