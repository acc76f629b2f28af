/// Events that wait for their delivery: a ring that grows up to a bound and then gives up the oldest.
struct EventQueue: Sendable {
    private let capacity: Int
    private var slots: [ResilienceEvent?] = []
    private var oldest = 0
    private(set) var count = 0

    /// - Parameter capacity: How many events may wait, 1 or more.
    init(capacity: Int) {
        self.capacity = capacity
    }

    var isEmpty: Bool { count == 0 }

    /// Adds an event.
    ///
    /// - Returns: The oldest event, when it had to make room. Its error may run code of its own as it goes, so the
    ///   caller lets go of it outside its lock.
    mutating func append(_ event: ResilienceEvent) -> ResilienceEvent? {
        let dropped = count == capacity ? removeFirst() : nil
        if count == slots.count { grow() }
        slots[(oldest + count) % slots.count] = event
        count += 1
        return dropped
    }

    /// Takes the oldest events, as many as there are up to a limit.
    mutating func take(_ limit: Int) -> [ResilienceEvent] {
        var events: [ResilienceEvent] = []
        events.reserveCapacity(min(limit, count))
        while events.count < limit, let event = removeFirst() { events.append(event) }
        return events
    }

    private mutating func removeFirst() -> ResilienceEvent? {
        guard count > 0 else { return nil }
        defer {
            slots[oldest] = nil
            oldest = (oldest + 1) % slots.count
            count -= 1
        }
        return slots[oldest]
    }

    private mutating func grow() {
        slots = Array(slots[oldest...] + slots[..<oldest])
        oldest = 0
        slots += Array(repeating: nil, count: min(max(4, count), capacity - count))
    }
}
