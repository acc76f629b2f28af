/// The results of the calls that *started* within the last T of time, in buckets with running totals.
///
/// A call is counted in the bucket in which it started; when that bucket has already left the window, because the
/// call took longer than the window is, it is counted in the oldest bucket instead of being lost (go-zero #5011).
/// Buckets that elapsed without a call are cleared too, so that old failures do not survive a pause.
struct TimeWindow: Sendable {
    private var buckets: [CallCounts]
    private let bucketLength: Int64
    /// The number of the newest bucket since the timeline's origin.
    private var newest: Int64 = .min
    private(set) var totals = CallCounts()

    /// - Parameters:
    ///   - length: The length of the window in nanoseconds.
    ///   - buckets: How many buckets the window is divided into.
    init(length: Int64, buckets: Int) {
        self.buckets = Array(repeating: CallCounts(), count: buckets)
        // Rounded up, so that the window never covers less than its length.
        self.bucketLength = max(1, length / Int64(buckets) + (length % Int64(buckets) == 0 ? 0 : 1))
    }

    /// - Returns: What left the window because it was too old; nil when nothing did.
    mutating func record(_ call: CallResult, startedAt: Moment, now: Moment) -> CallCounts? {
        let evicted = advance(to: now)
        let oldest = newest.subtractingSaturating(Int64(buckets.count) - 1)
        let slot = slot(of: min(max(number(of: startedAt), oldest), newest))
        buckets[slot].add(call)
        totals.add(call)
        return evicted
    }

    /// Clears the buckets that have elapsed; a step back in time clears nothing.
    ///
    /// - Returns: What was in them; nil when nothing was.
    mutating func advance(to now: Moment) -> CallCounts? {
        let current = number(of: now)
        guard current > newest else { return nil }
        var evicted = totals
        if newest == .min || current.subtractingSaturating(newest) >= Int64(buckets.count) {
            removeAll()
        } else {
            for number in (newest + 1)...current {
                totals.subtract(buckets[slot(of: number)])
                buckets[slot(of: number)] = CallCounts()
            }
        }
        evicted.subtract(totals)
        newest = current
        return evicted.calls == 0 ? nil : evicted
    }

    mutating func removeAll() {
        for index in buckets.indices { buckets[index] = CallCounts() }
        totals = CallCounts()
    }

    private func number(of moment: Moment) -> Int64 {
        let quotient = moment.nanoseconds / bucketLength
        return moment.nanoseconds % bucketLength < 0 ? quotient - 1 : quotient
    }

    private func slot(of number: Int64) -> Int {
        let remainder = Int(number % Int64(buckets.count))
        return remainder < 0 ? remainder + buckets.count : remainder
    }
}
