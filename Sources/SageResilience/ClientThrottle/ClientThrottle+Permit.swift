import Synchronization

extension ClientThrottle {
    /// The right to make one call, to be ended exactly once.
    ///
    /// The compiler sees to it that a permit is used at most once. A permit that is dropped takes its call back.
    public struct Permit: ~Copyable, Sendable {
        private let throttle: ClientThrottle
        private let ticket: Ticket
        private var isSettled = false

        init(throttle: ClientThrottle, ticket: Ticket) {
            self.throttle = throttle
            self.ticket = ticket
        }

        deinit {
            if !isSettled { throttle.release(ticket) }
        }

        /// Records that the service accepted the call.
        public consuming func succeed() {
            isSettled = true
            throttle.recordSuccess(ticket)
        }

        /// Records an error by what the throttle's classifier says about it.
        public consuming func fail(_ error: any Error) {
            isSettled = true
            throttle.recordFailure(ticket, error)
        }

        /// Takes the call back: it says nothing about the service.
        public consuming func ignore() {
            isSettled = true
            throttle.release(ticket)
        }

        /// Turns the permit into a reference that can be captured, for example by a stream.
        public consuming func shared() -> SharedPermit {
            isSettled = true
            return SharedPermit(throttle: throttle, ticket: ticket)
        }
    }

    /// A permit that can be shared: the first verdict counts, later ones do nothing.
    ///
    /// When the last reference goes without a verdict the call is taken back.
    public final class SharedPermit: Sendable {
        private let throttle: ClientThrottle
        private let ticket: Ticket
        private let isSettled = Atomic<Bool>(false)

        init(throttle: ClientThrottle, ticket: Ticket) {
            self.throttle = throttle
            self.ticket = ticket
        }

        deinit {
            if settle() { throttle.release(ticket) }
        }

        /// Records that the service accepted the call.
        public func succeed() {
            if settle() { throttle.recordSuccess(ticket) }
        }

        /// Records an error by what the throttle's classifier says about it.
        ///
        /// To be called in the task that made the call: whether the caller cancelled the call or a time limit did is
        /// read from the task that reports. In any other task use ``ignore()`` for a call that was cancelled.
        public func fail(_ error: any Error) {
            if settle() { throttle.recordFailure(ticket, error) }
        }

        /// Takes the call back: it says nothing about the service.
        public func ignore() {
            if settle() { throttle.release(ticket) }
        }

        private func settle() -> Bool {
            isSettled.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged
        }
    }
}
