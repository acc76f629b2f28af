package import SageResilience

/// How long a target takes to answer, as a value: for streams to the first token, for others to the whole answer.
///
/// The two are kept apart, since a target that happens to get the longer questions is not a slower one.
package struct TargetLatencies: Sendable {
    /// What a failed call counts as at least, so that a target which fails fast does not look fast: 5 s.
    private static let leastPenalty = 5e9
    /// What a failed call counts as at most: ten minutes.
    private static let mostPenalty = 600e9
    /// The calls of which a percentile is taken, and how many there must be.
    private static let window = 256
    private static let minimumSamples = 20
    /// The least delay that a percentile gives: 1 ms, as in Finagle, so that a target which answers in microseconds is
    /// not called twice every time.
    private static let leastPercentile: Int64 = 1_000_000

    private struct Kind: Sendable {
        var average = PeakLatency()
        /// Kept only once somebody has asked for a percentile.
        var window: LatencyWindow?
    }

    private var streams = Kind()
    private var others = Kind()

    /// Creates the state of a target that has not been called.
    package init() {}

    /// The average in nanoseconds; nil before the first call.
    package func average(isStream: Bool, now: Moment) -> Double? {
        (isStream ? streams : others).average.value(now: now)
    }

    /// The time in nanoseconds within which this share of the recent calls was answered; nil before enough of them,
    /// which are counted from the first time somebody asks.
    ///
    /// - Parameters:
    ///   - share: Between 0 and 1.
    ///   - isStream: Which calls.
    package mutating func percentile(_ share: Double, isStream: Bool) -> Int64? {
        change(isStream) { kind in
            guard let window = kind.window else {
                kind.window = LatencyWindow(capacity: Self.window)
                return nil
            }
            guard window.count >= Self.minimumSamples else { return nil }
            return window.percentile(share).map { max($0, Self.leastPercentile) }
        }
    }

    /// Notes that a call was answered.
    package mutating func answered(after nanoseconds: Int64, isStream: Bool, now: Moment) {
        change(isStream) { kind in
            kind.average.record(Double(nanoseconds), now: now)
            kind.window?.record(nanoseconds)
        }
    }

    /// Notes that a call failed through the provider's fault: as if it had taken twice as long as calls do.
    package mutating func failed(after nanoseconds: Int64, isStream: Bool, now: Moment) {
        change(isStream) { kind in
            let usual = 2 * (kind.average.value(now: now) ?? 0)
            let penalty = max(Double(nanoseconds), usual, Self.leastPenalty)
            kind.average.record(min(penalty, Self.mostPenalty), now: now)
        }
    }

    /// Notes that a call was answered by a hedge of it after this time, and would have taken longer itself.
    ///
    /// Only the percentile learns it, as a lower bound: without it the delay of hedges would shrink with each that wins.
    package mutating func overtaken(after nanoseconds: Int64, isStream: Bool) {
        change(isStream) { $0.window?.record(nanoseconds) }
    }

    private mutating func change<Result>(_ isStream: Bool, _ body: (inout Kind) -> Result) -> Result {
        isStream ? body(&streams) : body(&others)
    }
}
