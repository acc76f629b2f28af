/// The calls that wait for the verdict of a half-open breaker, by number, in the order of their arrival.
struct WaitingCalls: Sendable {
    let capacity: Int
    private var lastIdentifier: UInt64 = 0
    /// Ascending; those before `head` have left and are dropped together, so that leaving costs constant time.
    private var slots: [UInt64] = []
    private var head = 0

    init(capacity: Int) {
        self.capacity = capacity
    }

    var count: Int { slots.count - head }
    var isFull: Bool { count >= capacity }
    var first: UInt64? { count == 0 ? nil : slots[head] }

    mutating func append() -> UInt64 {
        lastIdentifier += 1
        slots.append(lastIdentifier)
        return lastIdentifier
    }

    mutating func removeFirst() {
        head += 1
        guard head * 2 >= slots.count else { return }
        slots.removeFirst(head)
        head = 0
    }

    /// - Returns: Whether the call was there.
    mutating func remove(_ id: UInt64) -> Bool {
        guard let index = slots[head...].firstIndex(of: id) else { return false }
        slots.remove(at: index)
        return true
    }
}
