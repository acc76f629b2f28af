extension Backoff {
    /// ``delay(beforeRetry:previous:random:)`` in nanoseconds.
    func nanoseconds(beforeRetry retry: Int, previous: Int64?, random: RandomSource) -> Int64 {
        let cap = Double(maxDelay.saturatingNanoseconds)
        let capped = min(cap, max(0, uncapped(retry: max(1, retry), previous: previous, cap: cap, random: random)))
        let range = jitter.range(around: capped)
        let upper = jitterMayExceedMaximum ? range.upperBound : min(cap, range.upperBound)
        guard upper > range.lowerBound else { return Int64(saturating: upper) }
        return Int64(saturating: range.lowerBound + random.unitInterval() * (upper - range.lowerBound))
    }

    /// The delay before the cap and the jitter, in nanoseconds; may be infinite.
    private func uncapped(retry: Int, previous: Int64?, cap: Double, random: RandomSource) -> Double {
        switch strategy {
        case .fixed(let delay):
            return Double(delay.saturatingNanoseconds)
        case .linear(let initial):
            return Double(initial.saturatingNanoseconds) * Double(retry)
        case .exponential(let initial, let multiplier):
            return Self.power(Double(initial.saturatingNanoseconds), multiplier, retry - 1, cap)
        case .fibonacci(let initial):
            return Self.fibonacci(Double(initial.saturatingNanoseconds), retry, cap)
        case .decorrelated(let base):
            let base = Double(base.saturatingNanoseconds)
            let previous = previous.map(Double.init) ?? base
            return base + random.unitInterval() * (3 * previous - base)
        case .custom(let delay):
            return Double(delay(retry, previous.map { .nanoseconds($0) }).saturatingNanoseconds)
        }
    }

    /// `initial · multiplier^exponent` by squaring: bounded work for any exponent, and exact for small ones.
    private static func power(_ initial: Double, _ multiplier: Double, _ exponent: Int, _ cap: Double) -> Double {
        // Zero times an infinite power would be NaN.
        guard initial > 0, multiplier > 1 else { return initial }
        var factor = 1.0
        var square = multiplier
        var remaining = exponent
        while remaining > 0, initial * factor < cap {
            if remaining & 1 == 1 { factor *= square }
            square *= square
            remaining >>= 1
        }
        return initial * factor
    }

    private static func fibonacci(_ initial: Double, _ retry: Int, _ cap: Double) -> Double {
        var (current, next) = (initial, initial)
        for _ in 1..<max(1, retry) {
            // Beyond the cap nothing changes any more, and zero never grows.
            guard current < cap, initial > 0 else { break }
            (current, next) = (next, current + next)
        }
        return current
    }
}
