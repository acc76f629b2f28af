public import Synchronization

/// The bucket of gRPC's retry throttling, in thousandths of a token.
@usableFromInline
final class RetryTokens: Sendable {
    @usableFromInline let maximum: Int
    private let perSuccess: Int
    @usableFromInline let level: Atomic<Int>

    /// - Parameters:
    ///   - maximum: How many tokens the bucket holds, 1 to 1,000.
    ///   - ratio: What a success gives back, in tokens.
    init(maximum: Int, ratio: Double) {
        self.maximum = maximum * 1_000
        // 0.57 · 1000 is 569.99…, which is not a fourth decimal to be dropped.
        self.perSuccess = Int(ratio * 1_000 + 1e-6)
        self.level = Atomic(maximum * 1_000)
    }

    var thousandths: Int { level.load(ordering: .relaxed) }
    var isFull: Bool { thousandths == maximum }

    /// Whether more than half of the tokens are there.
    var allowsRetry: Bool { thousandths * 2 > maximum }

    /// How many failures in a row would still be retried.
    var remainingRetries: Int {
        // The failure takes its token before the bucket is looked at.
        max(0, (thousandths * 2 - maximum - 1) / 2_000)
    }

    /// A full bucket, the usual case, is only looked at.
    @inlinable
    func recordSuccess() {
        if level.load(ordering: .relaxed) < maximum { refill() }
    }

    @usableFromInline
    func refill() {
        change { min(maximum, $0 + perSuccess) }
    }

    func recordFailure() {
        change { max(0, $0 - 1_000) }
    }

    private func change(_ next: (Int) -> Int) {
        var current = level.load(ordering: .relaxed)
        while true {
            let (exchanged, original) = level.weakCompareExchange(
                expected: current, desired: next(current), ordering: .relaxed)
            if exchanged { return }
            current = original
        }
    }
}
