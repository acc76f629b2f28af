/// The window of a circuit breaker: by number of calls or by time.
struct CallWindow: Sendable {
    // Exactly one is there. Optionals are changed in place, where an enumeration would copy its payload.
    private var lastCalls: CountWindow?
    private var lastTime: TimeWindow?

    /// - Parameters:
    ///   - configuration: Which calls the window holds.
    ///   - keepsDurations: Whether calls have durations other than zero.
    init(_ configuration: CircuitBreakerConfiguration.Window, keepsDurations: Bool = true) {
        switch configuration {
        case .calls(let capacity):
            lastCalls = CountWindow(capacity: capacity, keepsDurations: keepsDurations)
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

    /// How many of the last calls the window holds; 0 for a window of time.
    var countedCalls: Int { lastCalls?.totals.calls ?? 0 }

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

    /// Adds a result.
    ///
    /// - Returns: What left the window for it; nil when nothing did.
    @discardableResult
    mutating func record(_ call: CallResult, startedAt: Moment, now: Moment) -> CallCounts? {
        if lastCalls != nil { return lastCalls?.record(call) }
        return lastTime?.record(call, startedAt: startedAt, now: now)
    }

    /// Adds a success that is not slow to a window of the last calls.
    mutating func recordSuccess(nanoseconds: Int64) {
        lastCalls?.recordSuccess(nanoseconds: nanoseconds)
    }

    /// Lets go of what is too old.
    ///
    /// - Returns: What left the window; nil when nothing did.
    @discardableResult
    mutating func advance(to now: Moment) -> CallCounts? {
        lastTime?.advance(to: now)
    }

    mutating func removeAll() {
        lastCalls?.removeAll()
        lastTime?.removeAll()
    }
}
