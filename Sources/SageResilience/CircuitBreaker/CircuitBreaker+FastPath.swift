extension CircuitBreaker {
    /// What the last holder of the lock found out and others may act on without the lock, in one word.
    ///
    /// A closed breaker admits without being changed, and a success that enters a window full of successes changes
    /// nothing. Whoever reads an outdated word acts as if just before the change: a call that is admitted too late
    /// carries its generation, so that its result is ignored.
    @frozen
    @usableFromInline
    struct FastPath: Sendable, Hashable {
        @usableFromInline let word: UInt64

        @inlinable
        init(word: UInt64) {
            self.word = word
        }

        init(generation: UInt64, admits: Bool, ignoresSuccesses: Bool) {
            word = generation << 2 | (ignoresSuccesses ? 2 : 0) | (admits ? 1 : 0)
        }

        /// Whether every call is admitted.
        @inlinable var admits: Bool { word & 1 != 0 }

        /// The generation of the calls that are admitted.
        @inlinable var generation: UInt64 { word >> 2 }

        /// Whether a success of a call of this generation need not be recorded.
        @inlinable
        func ignoresSuccess(of generation: UInt64) -> Bool {
            word == generation << 2 | 3
        }
    }
}
