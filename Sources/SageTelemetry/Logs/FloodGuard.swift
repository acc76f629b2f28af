import SageResilience

/// Limits how many lines of one kind a policy writes, and counts what it does not write; a pure value.
struct FloodGuard: Sendable {
    /// Whose lines of which kind.
    struct Key: Sendable, Hashable {
        /// Nil for all policies for which there was no place.
        let policy: PolicyIdentity?
        let line: LogLine
    }

    /// What becomes of a line.
    enum Verdict: Sendable, Hashable {
        /// It is written; so many like it were not since the last one.
        case write(suppressed: Int)
        case suppress
    }

    private struct Window: Sendable {
        /// In the past for one that has not begun.
        var end = Moment.zero
        var written = 0
        var suppressed = 0

        mutating func admit(limit: Int, interval: Int64, now: Moment) -> Verdict {
            if now >= end {
                let suppressed = suppressed
                self = Window(end: now.advanced(by: interval), written: 1)
                return .write(suppressed: suppressed)
            }
            guard written < limit else {
                suppressed += 1
                return .suppress
            }
            written += 1
            return .write(suppressed: 0)
        }
    }

    private let limit: Int
    private let interval: Int64
    private let capacity: Int
    private var windows: [Key: Window] = [:]
    private var nextSweep = Moment.zero

    /// - Parameters:
    ///   - limit: How many lines of one key are written in an interval, 1 or more.
    ///   - interval: In nanoseconds, 1 or more.
    ///   - capacity: How many keys are told apart; policies beyond share one key for each kind of line.
    init(limit: Int, interval: Int64, capacity: Int = 1_000) {
        self.limit = limit
        self.interval = interval
        self.capacity = capacity
    }

    /// How many keys it remembers.
    var count: Int { windows.count }

    mutating func admit(_ policy: PolicyIdentity, _ line: LogLine, now: Moment) -> Verdict {
        let key = place(for: Key(policy: policy, line: line), now: now)
        return windows[key, default: Window()].admit(limit: limit, interval: interval, now: now)
    }

    /// The counts of lines that were suppressed in intervals that are over, which nobody has written yet.
    mutating func takeOverdue(now: Moment) -> [(key: Key, suppressed: Int)] {
        let over = windows.filter { $0.value.end <= now }
        for key in over.keys { windows[key] = nil }
        return over.compactMap { $0.value.suppressed > 0 ? ($0.key, $0.value.suppressed) : nil }
    }

    /// The key itself, or the shared one when there is no place for it.
    private mutating func place(for key: Key, now: Moment) -> Key {
        guard windows.count >= capacity, windows[key] == nil else { return key }
        // At most once an interval, because it looks at everything.
        if now >= nextSweep {
            nextSweep = now.advanced(by: interval)
            sweep(now: now)
            if windows.count < capacity { return key }
        }
        return Key(policy: nil, line: key.line)
    }

    /// Forgets the intervals that are over; what they have suppressed is told with the next line of the shared key.
    private mutating func sweep(now: Moment) {
        for (key, suppressed) in takeOverdue(now: now) {
            let shared = Key(policy: nil, line: key.line)
            windows[shared, default: Window(end: now)].suppressed += suppressed
        }
    }
}
