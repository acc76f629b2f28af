/// Results of calls, added up.
@usableFromInline
struct CallCounts: Sendable, Hashable {
    @usableFromInline var calls = 0
    @usableFromInline var failures = 0
    @usableFromInline var slow = 0
    @usableFromInline var nanoseconds: Int64 = 0

    @usableFromInline
    init() {}

    @inlinable
    mutating func add(_ call: CallResult) {
        calls += 1
        if call.isFailure { failures += 1 }
        if call.isSlow { slow += 1 }
        nanoseconds = nanoseconds.addingSaturating(call.nanoseconds)
    }

    @inlinable
    mutating func subtract(_ other: CallCounts) {
        calls -= other.calls
        failures -= other.failures
        slow -= other.slow
        // A sum that was saturated is too small to take all its parts away again.
        nanoseconds = max(0, nanoseconds - other.nanoseconds)
    }

    var failureRate: Double { calls == 0 ? 0 : Double(failures) / Double(calls) }
    var slowRate: Double { calls == 0 ? 0 : Double(slow) / Double(calls) }
}

/// A share of calls at which something happens.
///
/// Compared with a tolerance of far less than one call, because thresholds are meant in decimals and computed in
/// binary: 3 of 10 has to reach `1 - 0.7`, which is a little more than 0.3.
enum Threshold {
    private static let tolerance = 1 - 1e-9

    /// Whether so many calls of a total reach the threshold.
    static func isReached(_ threshold: Double, by count: Int, of total: Int) -> Bool {
        Double(count) >= threshold * tolerance * Double(total)
    }

    /// The smallest number of calls, at least one, that reaches the threshold among so many.
    static func calls(_ threshold: Double, of total: Int) -> Int {
        max(1, Int((threshold * tolerance * Double(total)).rounded(.up)))
    }
}

/// The result of one call, as a window keeps it.
@frozen
@usableFromInline
struct CallResult: Sendable, Hashable {
    @usableFromInline let isFailure: Bool
    @usableFromInline let isSlow: Bool
    /// Zero where durations are not measured.
    @usableFromInline let nanoseconds: Int64

    @inlinable
    init(isFailure: Bool, isSlow: Bool, nanoseconds: Int64) {
        self.isFailure = isFailure
        self.isSlow = isSlow
        self.nanoseconds = nanoseconds
    }
}
