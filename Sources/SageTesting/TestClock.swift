import Synchronization

/// A clock that stands still until a test moves it.
///
/// The clock starts at zero and knows who sleeps on it, so that a test neither waits for real time nor guesses when
/// the code under test has reached its sleep:
///
/// ```swift
/// let clock = TestClock()
/// async let reply = retry.execute { try await client.call() }   // `retry` was built with `clock: clock`
/// await clock.nextTimerScheduled()                               // the call failed, the back-off has begun
/// clock.advance(by: .seconds(1))
/// ```
///
/// Timers fire in the order of their deadlines, equal deadlines in the order in which they were scheduled. A task that
/// wakes finds the clock at the destination of the whole advance; to stop in between, advance in steps.
///
/// Thread-safe. Cancelling a sleeping task wakes it with `CancellationError`, whether the cancellation comes before,
/// during or after the scheduling of its timer.
public final class TestClock: Clock, Sendable {
    private let state = Mutex(State())

    /// Creates a clock at zero on which nobody sleeps.
    public init() {}

    /// The present, which only ``advance(by:)`` and ``advance(to:)`` move.
    public var now: Instant { state.withLock { $0.now } }

    /// Zero: the clock stands where it was put.
    public var minimumResolution: Duration { .zero }

    /// The deadlines of all sleeping tasks, earliest first.
    public var pendingDeadlines: [Instant] { state.withLock { $0.sleepers.map(\.deadline) } }

    // MARK: Moving the clock

    /// Moves the clock forward and wakes everyone whose deadline has come.
    ///
    /// - Parameter duration: How far. Zero or less moves nothing.
    public func advance(by duration: Duration) {
        wake(state.withLock { $0.advance(to: $0.now.advanced(by: duration)) })
    }

    /// Moves the clock forward to an instant and wakes everyone whose deadline has come.
    ///
    /// - Parameter instant: The new present. An instant in the past moves nothing.
    public func advance(to instant: Instant) {
        wake(state.withLock { $0.advance(to: instant) })
    }

    private func wake(_ due: (sleepers: [Sleeper], lookouts: [Lookout])) {
        for sleeper in due.sleepers { sleeper.continuation.resume() }
        for lookout in due.lookouts { lookout.continuation.resume() }
    }

    // MARK: Sleeping

    /// Waits until the clock has been moved to a deadline; returns at once when it is there already.
    ///
    /// - Parameters:
    ///   - deadline: When to wake.
    ///   - tolerance: Has no effect; timers fire exactly.
    /// - Throws: `CancellationError` when the task is cancelled.
    public func sleep(until deadline: Instant, tolerance: Duration? = nil) async throws {
        let id = state.withLock { $0.makeIdentifier() }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let outcome = state.withLock { state in
                    // A task is marked as cancelled before its handler runs. So either this sees the mark, or the
                    // handler comes after this critical section and finds the sleeper.
                    Task.isCancelled
                        ? SleepOutcome.cancelled
                        : state.schedule(Sleeper(id: id, deadline: deadline, continuation: continuation))
                }
                switch outcome {
                case .cancelled: continuation.resume(throwing: CancellationError())
                case .elapsed: continuation.resume()
                case .scheduled(let satisfied): for lookout in satisfied { lookout.continuation.resume() }
                }
            }
        } onCancel: {
            state.withLock { $0.removeSleeper(id) }?.continuation.resume(throwing: CancellationError())
        }
    }

    // MARK: Waiting for sleepers

    /// Waits until a timer is scheduled, and returns its deadline.
    ///
    /// Each timer is reported once, in the order of scheduling; a timer that was scheduled before this call and still
    /// waits is reported at once. So a test that alternates between this and ``advance(by:)`` follows the code under
    /// test from one sleep to the next. Every timer counts, also that of a time limit around the call: where there is
    /// one, use ``waitForTimer(due:count:)``.
    ///
    /// - Returns: The deadline; the present when the waiting task is cancelled.
    @discardableResult
    public func nextTimerScheduled() async -> Instant {
        while !Task.isCancelled {
            if let deadline = state.withLock({ $0.reportTimer() }) { return deadline }
            await look(for: .unreportedTimer)
        }
        return now
    }

    /// Waits until at least so many tasks sleep at the same time.
    ///
    /// Returns early when the waiting task is cancelled.
    ///
    /// - Parameter count: How many; zero or less returns at once.
    public func waitForSleepers(_ count: Int) async {
        await look(for: .sleepers(count))
    }

    /// Waits until a timer is scheduled that fires this long from now.
    ///
    /// It looks for one timer and passes over all others, so that the code under test may have time limits:
    ///
    /// ```swift
    /// let pipeline = try ResiliencePipeline("openai", clock: clock) {
    ///     try TimeLimiter(.seconds(60))                    // schedules the timer at 60 s first
    ///     retry                                            // waits 1 s after the first failure
    /// }
    /// async let reply = pipeline.execute { try await client.call() }
    /// await clock.waitForTimer(due: .seconds(1))           // not the limit: the back-off has begun
    /// clock.advance(by: .seconds(1))
    /// ```
    ///
    /// Returns early when the waiting task is cancelled.
    ///
    /// - Parameters:
    ///   - duration: From the present at the call of this function to the deadline, exactly. Zero or less returns at
    ///     once.
    ///   - count: How many timers have to be scheduled for that instant. Defaults to 1.
    public func waitForTimer(due duration: Duration, count: Int = 1) async {
        await waitForTimer(at: now.advanced(by: duration), count: count)
    }

    /// Waits until a timer is scheduled that fires at an instant.
    ///
    /// A timer that waits already counts, whether it has been reported by ``nextTimerScheduled()`` or not. Returns
    /// early when the clock is moved to the instant, since no timer can be scheduled for it any more, and when the
    /// waiting task is cancelled.
    ///
    /// - Parameters:
    ///   - instant: The deadline, exactly. An instant that has come returns at once.
    ///   - count: How many timers have to be scheduled for it. Defaults to 1.
    public func waitForTimer(at instant: Instant, count: Int = 1) async {
        await look(for: .timers(at: instant, count: count))
    }

    private func look(for condition: Lookout.Condition) async {
        let id = state.withLock { $0.makeIdentifier() }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    // Marked before its handler runs, as in `sleep(until:tolerance:)`.
                    if Task.isCancelled || state.satisfies(condition) { return true }
                    state.lookouts.append(Lookout(id: id, condition: condition, continuation: continuation))
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.removeLookout(id) }?.continuation.resume()
        }
    }
}
