/// The recent failures of a circuit breaker, for whoever has to find out what is wrong.
struct FailureHistory: Sendable {
    /// What is kept of one failure.
    ///
    /// The error itself is not: it may hold requests, credentials or memory.
    struct Entry: Sendable {
        let moment: Moment
        let errorType: (any Error.Type)?
        let errorClass: ErrorClass
    }

    private static let capacity = 64

    private(set) var last: Entry?
    /// A ring in order of arrival once it is rotated by `oldest`.
    private var moments: [Moment] = []
    private var oldest = 0

    mutating func record(_ entry: Entry) {
        last = entry
        guard moments.count == Self.capacity else {
            moments.append(entry.moment)
            return
        }
        moments[oldest] = entry.moment
        oldest = (oldest + 1) % Self.capacity
    }

    /// How long ago the recent failures were, the newest first.
    func ages(now: Moment) -> [Duration] {
        moments.indices.reversed().map { offset in
            let moment = moments[(oldest + offset) % moments.count]
            return .nanoseconds(now.elapsed(since: moment))
        }
    }

    /// Failures in the last minute; extrapolated when that minute holds more failures than are kept.
    func perMinute(now: Moment) -> Double {
        let minute: Int64 = 60_000_000_000
        let recent = moments.filter { now.elapsed(since: $0) < minute }
        guard recent.count == Self.capacity, let first = recent.min() else { return Double(recent.count) }
        return Double(recent.count) * Double(minute) / Double(max(1, now.elapsed(since: first)))
    }
}
