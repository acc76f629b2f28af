extension RateLimiter {
    /// A call that waits for its permits.
    struct Waiter: Sendable {
        let id: UInt64
        let permits: Int
        let since: Moment
        /// The latest moment to which the call is willing to wait.
        let deadline: Moment
    }

    /// The waiting calls in the order of arrival, which is that of their identifiers.
    struct WaiterQueue: Sendable {
        /// Slots before `head` have been served; they are dropped together, so that serving costs constant time.
        private var slots: [Waiter] = []
        private var head = 0

        var count: Int { slots.count - head }
        var isEmpty: Bool { count == 0 }
        var first: Waiter? { isEmpty ? nil : slots[head] }
        var all: ArraySlice<Waiter> { slots[head...] }

        mutating func append(_ waiter: Waiter) {
            slots.append(waiter)
        }

        mutating func removeFirst() {
            head += 1
            guard head >= 32, head > slots.count / 2 else { return }
            slots.removeFirst(head)
            head = 0
        }

        mutating func remove(_ id: UInt64) -> Waiter? {
            guard let index = all.firstIndex(where: { $0.id == id }) else { return nil }
            if index == head {
                defer { removeFirst() }
                return slots[index]
            }
            return slots.remove(at: index)
        }
    }
}
