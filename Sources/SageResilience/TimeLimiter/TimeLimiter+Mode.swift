extension TimeLimiter {
    /// What becomes of an operation that exceeds its limit.
    ///
    /// Later versions may add cases.
    @nonexhaustive
    public enum Mode: Sendable, Hashable {
        /// It is cancelled, and the limiter waits for it to end.
        ///
        /// Child tasks must end before their parent goes on (swiftlang/swift #82396), so an operation that does not
        /// react to cancellation makes the call return late. In turn nothing of it goes on unseen.
        case structured
        /// It is cancelled and left alone: the limiter returns at the limit, and whatever the operation still
        /// returns or throws is dropped.
        ///
        /// While `maxRunning` abandoned operations still run, further calls are refused with a
        /// ``TimeLimiterRejection``: a service that hangs must not collect tasks without end. Calls that had begun by
        /// then may still be abandoned, so the number can exceed the maximum by the calls in flight.
        case abandoning(maxRunning: Int)

        /// Abandoning, with at most 100 operations left running.
        public static let abandoning = Mode.abandoning(maxRunning: 100)
    }
}
