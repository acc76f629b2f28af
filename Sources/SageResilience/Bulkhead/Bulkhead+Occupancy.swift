import Synchronization

extension Bulkhead {
    /// The free permits and whether somebody waits, in one word, so that neither can change unseen by whoever changes
    /// the other.
    ///
    /// Bit 0 says that somebody waits: then only the holder of the lock takes permits, and whoever gives one back goes
    /// on to the lock. The bits above are the free permits, fewer than none after the limit was lowered.
    @frozen
    @usableFromInline
    struct Occupancy: Sendable, Hashable {
        @usableFromInline static var permit: Int { 2 }
        @usableFromInline static var waiting: Int { 1 }

        @usableFromInline let word: Int

        @inlinable
        init(word: Int) { self.word = word }

        init(free: Int) { word = free * Self.permit }

        @inlinable var free: Int { word >> 1 }

        @inlinable var hasWaiters: Bool { word & Self.waiting != 0 }

        /// Whether a newcomer may take a permit without the lock.
        @inlinable var admits: Bool { word >= Self.permit && !hasWaiters }
    }
}
