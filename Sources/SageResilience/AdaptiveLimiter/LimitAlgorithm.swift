/// What an ``AdaptiveLimiter`` knows about the calls of one window.
struct LimitSample: Sendable, Hashable {
    /// The most calls that were in flight.
    var inFlight: Int
    /// How long a call took on average, in nanoseconds; zero where no time is measured.
    var duration: Double = 0
    /// Whether the service said that it has too much to do, or did not answer in time.
    var didDrop = false
}

/// The additive-increase, multiplicative-decrease rule (Chiu and Jain, 1989), as Netflix's concurrency-limits states it.
struct AIMDLimit: Sendable, Hashable {
    private(set) var limit: Int
    let range: ClosedRange<Int>
    let backoffRatio: Double

    /// Learns from a window.
    ///
    /// The limit does not grow while less than half of it is in use: it would not be tested by anybody.
    mutating func update(_ sample: LimitSample) {
        if sample.didDrop {
            limit = max(range.lowerBound, Int(Double(limit) * backoffRatio))
        } else if sample.inFlight * 2 >= limit {
            limit = min(range.upperBound, limit + 1)
        }
    }
}

/// The rule of concurrency-limits' *Gradient2*, with two additions.
///
/// The original takes no notice of drops, so that a service whose calls all time out looks steady, and its limit grows;
/// here a drop lowers the limit. And its long-run duration follows a service that becomes slower little by little, so
/// that its limit drifts upwards; here it is learned anew from time to time while half of the limit is in use, the way
/// Envoy's adaptive concurrency probes for its minimum.
struct GradientLimit: Sendable, Hashable {
    private(set) var estimate: Double
    /// How long a call takes in the long run, in nanoseconds; nil before the first window.
    private(set) var longDuration: Double?
    /// The limit to go back to when the long run has been learned anew.
    private(set) var limitBeforeRelearning: Double?
    private var windows = 0
    private var windowsSinceRelearning = 0
    let range: ClosedRange<Int>
    let rules: AdaptiveLimiterConfiguration.Gradient

    init(limit: Int, range: ClosedRange<Int>, rules: AdaptiveLimiterConfiguration.Gradient) {
        self.estimate = Double(limit)
        self.range = range
        self.rules = rules
    }

    var limit: Int { Int(estimate) }
    var isRelearning: Bool { limitBeforeRelearning != nil }

    /// Learns from a window.
    mutating func update(_ sample: LimitSample) {
        if sample.didDrop {
            // Less than before the drop, also when the long run is being learned at the moment.
            estimate = clamp((limitBeforeRelearning ?? estimate) * rules.backoffRatio)
            limitBeforeRelearning = nil
            return
        }
        guard sample.duration > 0, sample.duration.isFinite else { return }
        if let limitBeforeRelearning {
            longDuration = sample.duration
            estimate = limitBeforeRelearning
            self.limitBeforeRelearning = nil
            return
        }
        let long = learn(sample.duration)
        guard sample.inFlight * 2 >= limit else { return }
        let gradient = min(1, max(0.5, rules.tolerance * long / sample.duration))
        let target = estimate * gradient + Double(rules.queueSize)
        estimate = clamp(estimate * (1 - rules.smoothing) + target * rules.smoothing)
        relearnIfDue()
    }

    /// The exponential average of the durations, the plain one of the first ten.
    private mutating func learn(_ duration: Double) -> Double {
        windows += 1
        var long = longDuration ?? duration
        let weight = windows <= 10 ? 1 / Double(windows) : 2 / (Double(rules.longWindow) + 1)
        long += (duration - long) * min(1, weight)
        // After a time of slowness the long run comes down faster than it went up.
        if long / duration > 2 { long *= 0.95 }
        longDuration = long
        return long
    }

    private mutating func relearnIfDue() {
        windowsSinceRelearning += 1
        guard let interval = rules.relearnInterval, windowsSinceRelearning >= interval else { return }
        windowsSinceRelearning = 0
        let half = clamp(estimate / 2)
        guard Int(half) < limit else { return }
        limitBeforeRelearning = estimate
        estimate = half
    }

    private func clamp(_ limit: Double) -> Double {
        min(Double(range.upperBound), max(Double(range.lowerBound), limit))
    }
}
