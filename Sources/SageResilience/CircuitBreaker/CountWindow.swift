/// The results of the last N calls: a ring with running totals, so that recording is O(1).
///
/// A result takes two bits, so that a window of a hundred calls fits into four words of memory.
struct CountWindow: Sendable {
    private static let failed: UInt64 = 1
    private static let slow: UInt64 = 2
    private static let both: UInt64 = 3

    /// Two bits a call, 32 calls a word, in the order of their slots.
    private var words: [UInt64] = []
    /// One duration a call; empty where durations are not measured.
    private var durations: [Int64] = []
    /// The slot of the next call: the oldest one's in a full window.
    private var next = 0
    private let keepsDurations: Bool
    let capacity: Int
    private(set) var totals = CallCounts()

    /// - Parameters:
    ///   - capacity: How many calls the window holds, 1 or more.
    ///   - keepsDurations: Whether calls have durations other than zero.
    init(capacity: Int, keepsDurations: Bool) {
        self.capacity = capacity
        self.keepsDurations = keepsDurations
        // Calls allocate nothing, unless the window is so large that it may never be filled.
        let reserved = min(capacity, 1_024)
        words.reserveCapacity((reserved + 31) / 32)
        if keepsDurations { durations.reserveCapacity(reserved) }
    }

    /// Whether recording one more success would change nothing.
    var isFullOfSuccesses: Bool { totals.calls == capacity && totals.failures == 0 && totals.slow == 0 }

    /// The totals with one more call, which pushes the oldest one out of a full window.
    func totals(after call: CallResult) -> CallCounts {
        var totals = totals
        totals.add(call)
        if let oldest { totals.subtract(oldest) }
        return totals
    }

    /// - Returns: The result that had to make room.
    mutating func record(_ call: CallResult) -> CallCounts? {
        let evicted = oldest
        totals = totals(after: call)
        let bits = (call.isFailure ? Self.failed : 0) | (call.isSlow ? Self.slow : 0)
        if next >> 5 == words.count { words.append(0) }
        words[next >> 5] = words[next >> 5] & ~(Self.both << shift) | bits << shift
        if keepsDurations {
            if next == durations.count { durations.append(0) }
            durations[next] = call.nanoseconds
        }
        step()
        return evicted
    }

    /// ``record(_:)`` for a success that is not slow, which is what nearly all calls are.
    mutating func recordSuccess(nanoseconds: Int64) {
        guard totals.calls == capacity else {
            _ = record(CallResult(isFailure: false, isSlow: false, nanoseconds: nanoseconds))
            return
        }
        let old = words[next >> 5] >> shift & Self.both
        if old != 0 {
            totals.failures -= Int(old & Self.failed)
            totals.slow -= Int(old >> 1)
            words[next >> 5] &= ~(Self.both << shift)
        }
        if keepsDurations {
            totals.nanoseconds = max(0, totals.nanoseconds.addingSaturating(nanoseconds) - durations[next])
            durations[next] = nanoseconds
        }
        step()
    }

    mutating func removeAll() {
        next = 0
        totals = CallCounts()
    }

    /// The result that has to make room for the next one.
    private var oldest: CallCounts? {
        guard totals.calls == capacity else { return nil }
        let bits = words[next >> 5] >> shift
        var counts = CallCounts()
        counts.add(
            CallResult(
                isFailure: bits & Self.failed != 0, isSlow: bits & Self.slow != 0,
                nanoseconds: keepsDurations ? durations[next] : 0))
        return counts
    }

    private var shift: UInt64 { UInt64(truncatingIfNeeded: next & 31) << 1 }

    private mutating func step() {
        next = next + 1 == capacity ? 0 : next + 1
    }
}
