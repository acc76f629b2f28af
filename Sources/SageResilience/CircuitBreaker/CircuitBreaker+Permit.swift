import Synchronization

extension CircuitBreaker {
    /// The right to make one call, to be ended exactly once.
    ///
    /// The compiler sees to it that a permit is used at most once. A permit that is dropped gives its place back and
    /// counts as ignored, so that a forgotten or cancelled call can never wedge a half-open breaker.
    public struct Permit: ~Copyable, Sendable {
        private let breaker: CircuitBreaker
        private let ticket: Ticket
        private var isSettled = false

        init(breaker: CircuitBreaker, ticket: Ticket) {
            self.breaker = breaker
            self.ticket = ticket
        }

        deinit {
            if !isSettled { breaker.release(ticket) }
        }

        /// Records that the service did its work.
        public consuming func succeed() {
            isSettled = true
            breaker.recordSuccess(ticket)
        }

        /// Records an error by what the breaker's classifier says about it.
        public consuming func fail(_ error: any Error) {
            isSettled = true
            breaker.recordFailure(ticket, error)
        }

        /// Gives the place back without a verdict.
        public consuming func ignore() {
            isSettled = true
            breaker.release(ticket)
        }

        /// Turns the permit into a reference that can be captured, for example by a stream.
        public consuming func shared() -> SharedPermit {
            isSettled = true
            return SharedPermit(breaker: breaker, ticket: ticket)
        }
    }

    /// A permit that can be shared: the first verdict counts, later ones do nothing.
    ///
    /// When the last reference goes without a verdict the call counts as ignored.
    public final class SharedPermit: Sendable {
        private let breaker: CircuitBreaker
        private let ticket: Ticket
        private let isSettled = Atomic<Bool>(false)
        /// When the duration ended, in nanoseconds; the smallest number while it goes on.
        private let timedUntil = Atomic<Int64>(.min)

        init(breaker: CircuitBreaker, ticket: Ticket) {
            self.breaker = breaker
            self.ticket = ticket
        }

        deinit {
            if settle() { breaker.release(ticket) }
        }

        /// Records that the service did its work.
        public func succeed() {
            if settle() { breaker.recordSuccess(ticket, timedUntil: measuredEnd) }
        }

        /// Records an error by what the breaker's classifier says about it.
        ///
        /// To be called in the task that made the call: whether the caller cancelled the call or a time limit did is
        /// read from the task that reports. In any other task use ``ignore()`` for a call that was cancelled.
        public func fail(_ error: any Error) {
            if settle() { breaker.recordFailure(ticket, error, timedUntil: measuredEnd) }
        }

        /// Gives the place back without a verdict.
        public func ignore() {
            if settle() { breaker.release(ticket) }
        }

        /// Ends the call's duration now although its result comes later; only the first time counts.
        ///
        /// Whether a stream was slow is decided by its first token: how long the rest takes depends on the answer.
        public func stopTiming() {
            _ = timedUntil.compareExchange(
                expected: .min, desired: breaker.timeline.now.nanoseconds, ordering: .relaxed)
        }

        private var measuredEnd: Moment? {
            let nanoseconds = timedUntil.load(ordering: .relaxed)
            return nanoseconds == .min ? nil : Moment(nanoseconds: nanoseconds)
        }

        private func settle() -> Bool {
            isSettled.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged
        }
    }
}
