extension Bulkhead {
    /// A call that waits for a permit.
    struct Waiter: Sendable, Hashable {
        let id: UInt64
        let priority: CallPriority
        let since: Moment
        /// The latest moment to which the call waits.
        let deadline: Moment
        /// Why it is refused then.
        let overdueReason: RejectionReason
        /// When it would have arrived had it been of low priority: the earliest is served first.
        let rank: Int64

        /// Whether this call is served before another one.
        func precedes(_ other: Waiter) -> Bool {
            rank != other.rank ? rank < other.rank : id < other.id
        }
    }

    /// The waiting calls of one priority in the order of arrival, which is that of their identifiers.
    struct WaiterQueue: Sendable {
        /// Places of calls that have left in the middle are nil until they are the first, the last or too many.
        private var slots: [Waiter?] = []
        private var identifiers: [UInt64] = []
        private var head = 0
        private(set) var count = 0

        var first: Waiter? { count > 0 ? slots[head] : nil }
        var last: Waiter? { count > 0 ? slots[slots.count - 1] : nil }

        mutating func append(_ waiter: Waiter) {
            slots.append(waiter)
            identifiers.append(waiter.id)
            count += 1
        }

        mutating func remove(_ id: UInt64) -> Waiter? {
            let index = position(of: id)
            guard index < slots.count, let waiter = slots[index], waiter.id == id else { return nil }
            slots[index] = nil
            count -= 1
            tidy()
            return waiter
        }

        /// Binary search: the identifiers ascend, those of the calls that have left included.
        private func position(of id: UInt64) -> Int {
            var (low, high) = (head, identifiers.count)
            while low < high {
                let middle = low + (high - low) / 2
                if identifiers[middle] < id { low = middle + 1 } else { high = middle }
            }
            return low
        }

        /// Keeps a call in the first and the last place, and the places in proportion to the calls.
        private mutating func tidy() {
            guard count > 0 else {
                slots.removeAll(keepingCapacity: slots.capacity <= 64)
                identifiers.removeAll(keepingCapacity: identifiers.capacity <= 64)
                head = 0
                return
            }
            while slots[head] == nil { head += 1 }
            while slots[slots.count - 1] == nil {
                slots.removeLast()
                identifiers.removeLast()
            }
            guard slots.count >= 32, count < slots.count / 2 else { return }
            slots.removeAll { $0 == nil }
            identifiers = slots.compactMap { $0?.id }
            head = 0
        }
    }
}
