extension CallDrain {
    /// The calls in flight, and whether others may begin: a pure value.
    struct StateMachine: Sendable {
        private(set) var inFlight = 0
        private(set) var refused = 0
        private(set) var isClosed = false

        /// Whether everything that was let in has ended and nothing more is let in.
        var isDrained: Bool { isClosed && inFlight == 0 }

        /// A call wants to begin.
        ///
        /// - Returns: Whether it may.
        mutating func enter() -> Bool {
            guard !isClosed else {
                refused += 1
                return false
            }
            inFlight += 1
            return true
        }

        /// A call has ended.
        mutating func leave() { inFlight -= 1 }

        /// From now on no call begins.
        mutating func close() { isClosed = true }
    }
}
