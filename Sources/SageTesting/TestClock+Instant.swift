extension TestClock {
    /// A point in the time of a ``TestClock``.
    public struct Instant: InstantProtocol, CustomStringConvertible {
        /// The time since the clock's start.
        public let offset: Duration

        /// Creates an instant.
        ///
        /// - Parameter offset: The time since the clock's start. Defaults to zero, the start itself.
        public init(offset: Duration = .zero) {
            self.offset = offset
        }

        /// The instant `duration` later; earlier when it is negative.
        public func advanced(by duration: Duration) -> Instant {
            Instant(offset: offset + duration)
        }

        /// The time from here to `other`; positive when `other` is later.
        public func duration(to other: Instant) -> Duration {
            other.offset - offset
        }

        /// Whether the first instant is before the second.
        public static func < (lhs: Instant, rhs: Instant) -> Bool { lhs.offset < rhs.offset }

        /// The instant as text: its distance from the start of the clock.
        public var description: String { "start + \(offset)" }
    }
}
