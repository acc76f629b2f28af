import SageResilience

/// Tells when a stream drips so slowly that it counts as failed, although it never falls silent.
///
/// Looks at one stretch of time after the other and counts what came in it. A slow reader is not held against the
/// provider: the time in which nothing was read does not count.
struct ThroughputGuard: Sendable {
    private let minimum: Double
    private let stretch: Duration
    private var start: Moment?
    private var pauseStart: Moment?
    private var tokens = 0

    /// - Parameters:
    ///   - minimum: The fewest content events a second, more than 0.
    ///   - stretch: Over how long they are averaged.
    init(minimum: Double, over stretch: Duration) {
        self.minimum = minimum
        self.stretch = stretch
    }

    /// Counts a content event.
    ///
    /// - Returns: Whether the stream is too slow.
    mutating func token(now: Moment) -> Bool {
        guard let begin = start else {
            start = now
            return false
        }
        tokens += 1
        let passed = now - begin
        guard passed >= stretch else { return false }
        defer {
            start = now
            tokens = 0
        }
        return Double(tokens) < minimum * (passed / .seconds(1))
    }

    /// How long nothing more may come before the stream is too slow; nil before its first token.
    ///
    /// To be asked while the time runs.
    func remaining(now: Moment) -> Duration? {
        guard let start else { return nil }
        return max(.zero, max(stretch, .seconds(min(Double(tokens) / minimum, 1e9))) - (now - start))
    }

    /// Stops the time until ``resume(now:)``.
    mutating func pause(now: Moment) {
        pauseStart = now
    }

    /// Ends a pause.
    mutating func resume(now: Moment) {
        if let pauseStart { start = start?.advanced(by: now - pauseStart) }
        pauseStart = nil
    }
}
