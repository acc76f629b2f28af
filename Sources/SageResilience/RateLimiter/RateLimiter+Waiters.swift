extension RateLimiter {
    /// How long a call is willing to wait, in nanoseconds.
    struct Patience: Sendable, Equatable {
        /// What the caller or the configuration accepts, 0 or more.
        var longest: Int64
        /// What is left until the deadline of the call.
        var untilDeadline = Int64.max

        /// Why a wait is too long; nil when it is not.
        func objection(to wait: Int64) -> RejectionReason? {
            if longest == 0 { return .rateLimited }
            if wait > untilDeadline { return .deadlineExceeded }
            return wait > longest ? .waitTooLong : nil
        }
    }

    /// A call that waits for its permits.
    struct Waiter: Sendable {
        let id: UInt64
        let permits: Int
        let since: Moment
        let patience: Patience

        /// Why it refuses to wait until a moment; nil when it does not.
        func objection(to ready: Moment) -> RejectionReason? {
            patience.objection(to: ready.elapsed(since: since))
        }
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
