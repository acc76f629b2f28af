/// The answer of a ``StateStore`` to demands for permits.
public enum RateDecision: Sendable, Hashable {
    /// All were taken.
    case granted(RateGrant)
    /// Nothing was taken; all are free at once after this time, if nobody else takes any. The demand at this place has
    /// to wait the longest.
    case wait(Duration, demand: Int = 0)
    /// Nothing was taken: the demand at this place asks for more than its account can ever grant.
    case tooLarge(demand: Int)
}

extension RateDecision {
    /// Which of several demands has to wait the longest; of two that are equal the first.
    struct LongestWait {
        private var microseconds: Int64 = 0
        private var demand = 0

        mutating func add(_ wait: Int64, _ demand: Int) {
            guard wait > microseconds else { return }
            microseconds = wait
            self.demand = demand
        }

        /// Nil when none has to wait.
        var decision: RateDecision? {
            microseconds > 0 ? .wait(.microseconds(microseconds), demand: demand) : nil
        }
    }
}

/// Permits that were taken.
public struct RateGrant: Sendable, Hashable {
    /// When they were taken, for ``StateStore/settle(_:takenAt:)``.
    public var takenAt: StoreInstant
    /// How many more could be taken at once, for each demand; below zero while more were used than granted.
    public var remaining: [Int]

    /// Creates a grant.
    ///
    /// - Parameters:
    ///   - takenAt: When they were taken.
    ///   - remaining: How many more could be taken at once, for each demand.
    public init(takenAt: StoreInstant, remaining: [Int]) {
        self.takenAt = takenAt
        self.remaining = remaining
    }
}
