extension ClientThrottleConfiguration {
    /// The share of the calls of normal importance that is refused after so many calls.
    ///
    /// `max(0, (requests - K * accepts) / (requests + 1))` of *Site Reliability Engineering*, chapter 21, no more
    /// than ``maxRejectionProbability``; zero below ``minimumRequests``.
    ///
    /// - Parameters:
    ///   - requests: Calls that were attempted, those refused by the throttle included.
    ///   - accepts: Calls that the service accepted.
    public func rejectionProbability(requests: Int, accepts: Int) -> Double {
        guard requests >= minimumRequests else { return 0 }
        let attempted = Double(max(0, requests))
        let share = (attempted - acceptsMultiplier * Double(accepts)) / (attempted + 1)
        return min(maxRejectionProbability, max(0, share))
    }

    /// The share of the calls of some importance that is refused when that of the normal ones is known.
    ///
    /// One of low importance has to pass twice, one of high importance has to be refused twice, and a critical one
    /// always goes through.
    ///
    /// - Parameters:
    ///   - priority: How important the call is.
    ///   - probability: The share of calls of normal importance that is refused.
    public func rejectionProbability(for priority: CallPriority, normal probability: Double) -> Double {
        guard honorsPriority else { return probability }
        return switch priority {
        case .low: min(max(probability, maxRejectionProbability), 1 - (1 - probability) * (1 - probability))
        case .normal: probability
        case .high: probability * probability
        case .critical: 0
        }
    }
}

/// The calls of the newest bucket in one word: requests in the upper half, accepts in the lower.
@frozen
@usableFromInline
struct ThrottleWord: Sendable {
    @usableFromInline let word: UInt64

    @inlinable
    init(_ word: UInt64) {
        self.word = word
    }

    @inlinable static var request: UInt64 { 1 << 32 }
    @inlinable static var accept: UInt64 { 1 }

    /// Whether the counters must be emptied before they overflow.
    @inlinable var isNearlyFull: Bool { word >> 63 != 0 }

    /// How many requests there are beyond those that the accepts allow.
    @inlinable
    func excess(_ acceptsMultiplier: Double) -> Double {
        Double(word >> 32) - acceptsMultiplier * Double(word & 0xffff_ffff)
    }

    var counts: ThrottleCounts {
        ThrottleCounts(requests: Int(word >> 32), accepts: Int(word & 0xffff_ffff))
    }
}
