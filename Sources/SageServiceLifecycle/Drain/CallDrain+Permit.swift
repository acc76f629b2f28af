extension CallDrain {
    /// The right to have one call in flight, given back exactly once: by ``release()`` or when it is dropped.
    ///
    /// Keep it with what is in flight, for example in the object that reads a stream.
    public struct Permit: ~Copyable, Sendable {
        private let drain: CallDrain
        private var isReleased = false

        init(drain: CallDrain) {
            self.drain = drain
        }

        deinit {
            if !isReleased { drain.leave() }
        }

        /// Says that the call has ended, now rather than at the end of the scope.
        public consuming func release() {
            isReleased = true
            drain.leave()
        }
    }
}
