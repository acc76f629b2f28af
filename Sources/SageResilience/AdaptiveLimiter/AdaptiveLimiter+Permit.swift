import Synchronization

extension AdaptiveLimiter {
    /// The right to make one call, to be ended exactly once.
    ///
    /// The compiler sees to it that a permit is used at most once. A permit that is dropped gives its place back and
    /// counts as ignored, so that a forgotten or cancelled call keeps no place.
    public struct Permit: ~Copyable, Sendable {
        private let limiter: AdaptiveLimiter
        private let ticket: Ticket
        private var isSettled = false

        init(limiter: AdaptiveLimiter, ticket: Ticket) {
            self.limiter = limiter
            self.ticket = ticket
        }

        deinit {
            if !isSettled { limiter.release(ticket) }
        }

        /// Records that the service did its work.
        public consuming func succeed() {
            isSettled = true
            limiter.recordSuccess(ticket)
        }

        /// Records an error by what the limiter's classifier says about it.
        public consuming func fail(_ error: any Error) {
            isSettled = true
            limiter.recordFailure(ticket, error)
        }

        /// Gives the place back without a verdict.
        public consuming func ignore() {
            isSettled = true
            limiter.release(ticket)
        }

        /// Turns the permit into a reference that can be captured, for example by a stream.
        public consuming func shared() -> SharedPermit {
            isSettled = true
            return SharedPermit(limiter: limiter, ticket: ticket)
        }
    }

    /// A permit that can be shared: the first verdict counts, later ones do nothing.
    ///
    /// When the last reference goes without a verdict the call counts as ignored.
    public final class SharedPermit: Sendable {
        private let limiter: AdaptiveLimiter
        private let ticket: Ticket
        private let isSettled = Atomic<Bool>(false)
        /// When the duration ended, in nanoseconds; the smallest number while it goes on.
        private let timedUntil = Atomic<Int64>(.min)

        init(limiter: AdaptiveLimiter, ticket: Ticket) {
            self.limiter = limiter
            self.ticket = ticket
        }

        deinit {
            if settle() { limiter.release(ticket) }
        }

        /// Records that the service did its work.
        public func succeed() {
            if settle() { limiter.recordSuccess(ticket, timedUntil: measuredEnd) }
        }

        /// Records an error by what the limiter's classifier says about it.
        ///
        /// To be called in the task that made the call: whether the caller cancelled the call or a time limit did is
        /// read from the task that reports. In any other task use ``ignore()`` for a call that was cancelled.
        public func fail(_ error: any Error) {
            if settle() { limiter.recordFailure(ticket, error) }
        }

        /// Gives the place back without a verdict.
        public func ignore() {
            if settle() { limiter.release(ticket) }
        }

        /// Ends the call's duration now although its result comes later; only the first time counts.
        ///
        /// Whether a service is busy shows at a stream's first token: how long the rest takes depends on the answer. Where
        /// no time is measured it does nothing.
        public func stopTiming() {
            guard limiter.measuresTime else { return }
            _ = timedUntil.compareExchange(
                expected: .min, desired: limiter.timeline.now.nanoseconds, ordering: .relaxed)
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
