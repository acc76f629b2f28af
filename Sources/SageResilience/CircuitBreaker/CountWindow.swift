/// The results of the last N calls: a ring with running totals, so that recording is O(1).
@usableFromInline
struct CountWindow: Sendable {
    private var ring: [CallResult] = []
    private var oldest = 0
    let capacity: Int
    private(set) var totals = CallCounts()

    init(capacity: Int) {
        self.capacity = capacity
    }

    /// Whether recording one more success would change nothing.
    var isFullOfSuccesses: Bool { ring.count == capacity && totals.failures == 0 && totals.slow == 0 }

    /// The totals with one more call, which pushes the oldest one out of a full window.
    func totals(after call: CallResult) -> CallCounts {
        var totals = totals
        totals.add(call)
        guard ring.count == capacity else { return totals }
        var evicted = CallCounts()
        evicted.add(ring[oldest])
        totals.subtract(evicted)
        return totals
    }

    mutating func record(_ call: CallResult) {
        totals = totals(after: call)
        guard ring.count == capacity else {
            ring.append(call)
            return
        }
        ring[oldest] = call
        oldest = oldest + 1 == capacity ? 0 : oldest + 1
    }

    mutating func removeAll() {
        ring.removeAll(keepingCapacity: true)
        oldest = 0
        totals = CallCounts()
    }
}
