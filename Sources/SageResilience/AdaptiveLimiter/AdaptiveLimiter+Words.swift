extension AdaptiveLimiter {
    /// The calls in flight, the limit and the generation in one word, so that a call is admitted by one atomic
    /// operation that knows them all.
    ///
    /// From the lowest bit: 16 bits of calls in flight, 16 of the limit, 16 of the generation. Partitions can bring the
    /// calls in flight up to twice the largest limit, which still fits.
    @frozen
    @usableFromInline
    struct Load: Sendable, Hashable {
        @usableFromInline let word: UInt64

        @inlinable
        init(word: UInt64) { self.word = word }

        init(inFlight: Int, limit: Int, generation: UInt16) {
            word = UInt64(inFlight) | UInt64(limit) << 16 | UInt64(generation) << 32
        }

        @inlinable var inFlight: Int { Int(truncatingIfNeeded: word & 0xffff) }
        @inlinable var limit: Int { Int(truncatingIfNeeded: word >> 16 & 0xffff) }
        @inlinable var generation: UInt16 { UInt16(truncatingIfNeeded: word >> 32) }
    }

    /// The calls of the present window and how long they took together, in one word.
    ///
    /// 16 bits of calls; 48 bits of microseconds. A call counts for at most 2^32 microseconds (71 minutes), and a window
    /// has fewer than 2^16 calls, so the sum fits.
    @frozen
    @usableFromInline
    struct Window: Sendable, Hashable {
        @usableFromInline let word: UInt64

        @inlinable
        init(word: UInt64) { self.word = word }

        /// A window of one call.
        ///
        /// - Parameter nanoseconds: How long it took; a part of a microsecond counts as a whole one.
        @inlinable
        init(nanoseconds: Int64) {
            let microseconds = min(UInt64(max(0, nanoseconds)) / 1_000 + 1, 1 << 32)
            word = microseconds << 16 | 1
        }

        @inlinable static var oneUntimed: Window { Window(word: 1) }

        @inlinable var calls: Int { Int(truncatingIfNeeded: word & 0xffff) }

        /// The average duration in nanoseconds.
        var duration: Double { calls > 0 ? Double(word >> 16) * 1_000 / Double(calls) : 0 }
    }

    /// What an admitted call brings back with its result.
    @frozen
    @usableFromInline
    package struct Ticket: Sendable, Hashable {
        @usableFromInline let generation: UInt16
        /// The calls in flight when it was admitted, this one included.
        @usableFromInline let inFlight: UInt16
        /// The partition's place; a negative number when it has none.
        @usableFromInline let partition: Int16
        @usableFromInline let startedAt: Moment

        @inlinable
        init(generation: UInt16, inFlight: Int, partition: Int16, startedAt: Moment) {
            self.generation = generation
            self.inFlight = UInt16(truncatingIfNeeded: inFlight)
            self.partition = partition
            self.startedAt = startedAt
        }
    }
}
