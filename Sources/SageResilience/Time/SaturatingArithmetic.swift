extension FixedWidthInteger where Self: SignedInteger {
    /// The sum, or the nearest representable value.
    @inlinable
    package func addingSaturating(_ other: Self) -> Self {
        let (sum, overflow) = addingReportingOverflow(other)
        guard overflow else { return sum }
        return other < 0 ? .min : .max
    }

    /// The difference, or the nearest representable value.
    @inlinable
    package func subtractingSaturating(_ other: Self) -> Self {
        let (difference, overflow) = subtractingReportingOverflow(other)
        guard overflow else { return difference }
        return other < 0 ? .max : .min
    }

    /// The product, or the nearest representable value.
    @inlinable
    package func multipliedSaturating(by other: Self) -> Self {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        guard overflow else { return product }
        return (self < 0) == (other < 0) ? .max : .min
    }
}

extension Int64 {
    /// Rounds to the nearest whole number; saturates, and takes NaN for zero.
    @inlinable
    package init(saturating value: Double) {
        // 2^63 is the first Double above Int64.max; the initialiser would trap on it.
        if value.isNaN {
            self = 0
        } else if value >= 0x1p63 {
            self = .max
        } else if value < -0x1p63 {
            self = .min
        } else {
            self = Int64(value.rounded(.toNearestOrAwayFromZero))
        }
    }
}

extension Duration {
    /// The duration in whole nanoseconds, rounded towards zero, or the nearest representable value.
    package var saturatingNanoseconds: Int64 {
        guard self < .nanoseconds(Int64.max) else { return .max }
        guard self > .nanoseconds(Int64.min) else { return .min }
        return representableNanoseconds
    }

    /// The duration in whole nanoseconds, rounded towards zero, where it is known to be less than 292 years.
    ///
    /// A division of 128 bits, which costs more than reading the clock, in two steps of 64: attoseconds in units of 2^9
    /// are divided by 5^9.
    @inlinable
    package var representableNanoseconds: Int64 {
        let magnitude = UInt128(truncatingIfNeeded: attoseconds.magnitude) >> 9
        let upper = UInt64(truncatingIfNeeded: magnitude >> 32)
        let (quotient, rest) = upper.quotientAndRemainder(dividingBy: 1_953_125)
        let lower = (rest << 32 | UInt64(truncatingIfNeeded: magnitude) & 0xffff_ffff) / 1_953_125
        let nanoseconds = Int64(truncatingIfNeeded: quotient << 32 | lower)
        return attoseconds < 0 ? -nanoseconds : nanoseconds
    }

    /// The duration in seconds, for messages and metrics.
    package var seconds: Double {
        Double(attoseconds) / 1e18
    }
}
