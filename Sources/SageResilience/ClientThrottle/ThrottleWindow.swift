/// What a ``ClientThrottle`` counts.
struct ThrottleCounts: Sendable, Hashable {
    /// Calls that were attempted, those refused by the throttle included.
    var requests = 0
    /// Calls that the service accepted.
    var accepts = 0

    mutating func add(_ other: ThrottleCounts) {
        requests += other.requests
        accepts += other.accepts
    }

    mutating func subtract(_ other: ThrottleCounts) {
        requests -= other.requests
        accepts -= other.accepts
    }
}

/// The calls that started within the last T of time, in buckets with running totals.
///
/// A result counts in the bucket in which its call started; when that bucket has left the window, because the call
/// took longer than the window is, it counts in the oldest one instead of being lost (go-zero #5011). A bucket may
/// hold fewer than no requests for a moment: one that is taken back may not have been put in yet.
struct ThrottleWindow: Sendable {
    private var buckets: [ThrottleCounts]
    private let bucketLength: Int64
    /// The number of the newest bucket since the timeline's origin.
    private(set) var newest: Int64
    private(set) var totals = ThrottleCounts()

    /// - Parameters:
    ///   - length: The length of the window in nanoseconds.
    ///   - buckets: How many buckets the window is divided into.
    ///   - now: The present.
    init(length: Int64, buckets: Int, now: Moment) {
        self.buckets = Array(repeating: ThrottleCounts(), count: buckets)
        // Rounded up, so that the window never covers less than its length.
        self.bucketLength = max(1, length / Int64(buckets) + (length % Int64(buckets) == 0 ? 0 : 1))
        self.newest = Self.number(of: now, bucketLength)
    }

    /// The first moment that does not belong to the newest bucket any more.
    var end: Moment {
        Moment(nanoseconds: newest.addingSaturating(1).multipliedSaturating(by: bucketLength))
    }

    /// Adds to the bucket that ends at a moment, or to the oldest one when that has left the window.
    mutating func add(_ counts: ThrottleCounts, toBucketEndingAt end: Moment) {
        let oldest = newest.subtractingSaturating(Int64(buckets.count) - 1)
        let number = Self.number(of: end.advanced(by: -1), bucketLength)
        buckets[slot(of: min(max(number, oldest), newest))].add(counts)
        totals.add(counts)
    }

    /// Whether the bucket that ends at a moment is in the window.
    func holdsBucket(endingAt end: Moment) -> Bool {
        let number = Self.number(of: end.advanced(by: -1), bucketLength)
        return number > newest.subtractingSaturating(Int64(buckets.count))
    }

    /// Clears the buckets that have elapsed; a step back in time clears nothing.
    mutating func advance(to now: Moment) {
        let current = Self.number(of: now, bucketLength)
        guard current > newest else { return }
        if current.subtractingSaturating(newest) >= Int64(buckets.count) {
            for index in buckets.indices { buckets[index] = ThrottleCounts() }
            totals = ThrottleCounts()
        } else {
            for number in (newest + 1)...current {
                totals.subtract(buckets[slot(of: number)])
                buckets[slot(of: number)] = ThrottleCounts()
            }
        }
        newest = current
    }

    private static func number(of moment: Moment, _ bucketLength: Int64) -> Int64 {
        let quotient = moment.nanoseconds / bucketLength
        return moment.nanoseconds % bucketLength < 0 ? quotient - 1 : quotient
    }

    private func slot(of number: Int64) -> Int {
        let remainder = Int(number % Int64(buckets.count))
        return remainder < 0 ? remainder + buckets.count : remainder
    }
}
