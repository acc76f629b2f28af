/// How a delay is spread at random, so that clients that failed together do not come back together.
///
/// The formulas are those of AWS's "Exponential Backoff And Jitter" and Polly; `m` is the delay after the cap, `u` a
/// number in `0..<1`. Jitter is applied *after* the cap, so that clients at the cap still spread.
@nonexhaustive
public enum Jitter: Sendable, Hashable {
    /// The delay itself.
    case none
    /// `u · m`: from nothing to the whole delay. Spreads most.
    case full
    /// `m/2 + u · m/2`: at least half of the delay.
    case equal
    /// `m · (1 ± fraction)`, with a fraction from 0 to 1. The result stays within the maximum delay unless
    /// ``Backoff`` is told otherwise; the spread is then over the part below the maximum.
    case proportional(Double)

    /// `m · (0.5 + u)`, between half and one and a half of the delay.
    public static var wide: Jitter { .proportional(0.5) }

    func validate() throws(ConfigurationError) {
        if case .proportional(let fraction) = self {
            try Validation.ratio("jitter", fraction)
        }
    }

    /// The range in which a delay is drawn, uniformly.
    func range(around delay: Double) -> ClosedRange<Double> {
        switch self {
        case .none: delay...delay
        case .full: 0...delay
        case .equal: (delay / 2)...delay
        case .proportional(let fraction): (delay * (1 - fraction))...(delay * (1 + fraction))
        }
    }
}
