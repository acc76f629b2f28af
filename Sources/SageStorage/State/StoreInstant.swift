/// A moment by the clock of a ``StateStore``.
public struct StoreInstant: Sendable, Hashable, Comparable {
    /// Microseconds since the beginning of 1970.
    public let microseconds: Int64

    /// Creates an instant.
    ///
    /// - Parameter microseconds: Microseconds since the beginning of 1970.
    public init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    /// The instant so much later, to whole microseconds; or the nearest that can be represented.
    public func advanced(by duration: Duration) -> StoreInstant {
        let (sum, overflow) = microseconds.addingReportingOverflow(duration.wholeMicroseconds)
        guard overflow else { return StoreInstant(microseconds: sum) }
        return StoreInstant(microseconds: duration < .zero ? .min : .max)
    }

    /// The time since an earlier instant; negative when that is later.
    public func duration(since earlier: StoreInstant) -> Duration {
        .microseconds(microseconds) - .microseconds(earlier.microseconds)
    }

    /// Whether the first is the earlier one.
    public static func < (lhs: StoreInstant, rhs: StoreInstant) -> Bool { lhs.microseconds < rhs.microseconds }
}

extension Duration {
    /// Whole microseconds, rounded towards zero, or the nearest representable value.
    package var wholeMicroseconds: Int64 {
        guard self < .microseconds(Int64.max) else { return .max }
        guard self > .microseconds(Int64.min) else { return .min }
        return Int64(attoseconds / 1_000_000_000_000)
    }

    /// Whole nanoseconds, rounded towards zero, or the nearest representable value.
    package var wholeNanoseconds: Int64 {
        guard self < .nanoseconds(Int64.max) else { return .max }
        guard self > .nanoseconds(Int64.min) else { return .min }
        return Int64(attoseconds / 1_000_000_000)
    }
}
