/// The window of a circuit breaker: by number of calls or by time.
struct CallWindow: Sendable {
    // Exactly one is there. Optionals are changed in place, where an enumeration would copy its payload.
    private var lastCalls: CountWindow?
    private var lastTime: TimeWindow?

    init(_ configuration: CircuitBreakerConfiguration.Window) {
        switch configuration {
        case .calls(let capacity):
            lastCalls = CountWindow(capacity: capacity)
        case .time(let length, let buckets):
            lastTime = TimeWindow(length: length.saturatingNanoseconds, buckets: buckets)
        }
    }

    /// Whether calls must be timed for this window.
    var needsTime: Bool { lastTime != nil }

    /// Whether one more success, and that of a call that is not slow, would leave the window as it is.
    var isFullOfSuccesses: Bool { lastCalls?.isFullOfSuccesses ?? false }

    /// The totals as of the last record or ``advance(to:)``.
    var totals: CallCounts { lastCalls?.totals ?? lastTime?.totals ?? CallCounts() }

    /// The totals with one more call, as of the last ``advance(to:)``.
    func totals(after call: CallResult) -> CallCounts {
        if let lastCalls { return lastCalls.totals(after: call) }
        var totals = totals
        totals.add(call)
        return totals
    }

    /// The number of calls from which rates are judged: a window that holds fewer would never be judged.
    func minimumCalls(_ configured: Int) -> Int {
        min(configured, lastCalls?.capacity ?? .max)
    }

    mutating func record(_ call: CallResult, startedAt: Moment, now: Moment) {
        lastCalls?.record(call)
        lastTime?.record(call, startedAt: startedAt, now: now)
    }

    mutating func advance(to now: Moment) {
        lastTime?.advance(to: now)
    }

    mutating func removeAll() {
        lastCalls?.removeAll()
        lastTime?.removeAll()
    }
}
