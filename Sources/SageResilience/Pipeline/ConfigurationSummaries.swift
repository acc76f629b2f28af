extension RetryConfiguration {
    /// The settings in a few words.
    var summary: String {
        var parts = ["\(maxAttempts) attempts", backoff.summary]
        if classBackoffs != nil { parts.append("waits of their own for some errors") }
        if let totalTimeLimit { parts.append("\(totalTimeLimit) in all") }
        if let budget { parts.append(budget.summary) }
        return parts.joined(separator: ", ")
    }
}

extension Backoff {
    /// The delays in a few words.
    var summary: String {
        let delays =
            switch strategy {
            case .fixed(let delay): "\(delay) apart"
            case .linear(let initial): "linear from \(initial) to \(maxDelay)"
            case .exponential(let initial, let multiplier): "exponential from \(initial) × \(multiplier) to \(maxDelay)"
            case .fibonacci(let initial): "Fibonacci from \(initial) to \(maxDelay)"
            case .decorrelated(let base): "decorrelated from \(base) to \(maxDelay)"
            case .custom: "custom delays to \(maxDelay)"
            }
        let spread =
            switch jitter {
            case .none: ""
            case .full: ", full jitter"
            case .equal: ", equal jitter"
            case .proportional(let fraction): ", jitter ± \(fraction)"
            }
        return delays + spread
    }
}

extension RetryBudget {
    /// The limits in a few words.
    var summary: String {
        switch form {
        case .share(_, floor: .max): "no budget"
        case .share(let ratio, let floor): "budget \(ratio) of the calls and at least \(floor)"
        case .tokens(let maximum, let ratio): "budget of \(maximum) tokens, \(ratio) back a success"
        case .deposits(let ratio, let timeToLive, _): "budget \(ratio) of the calls of \(timeToLive)"
        }
    }
}

extension CircuitBreakerConfiguration {
    /// The settings in a few words.
    var summary: String {
        let over =
            switch window {
            case .calls(let count): "the last \(count) calls"
            case .time(let length, _): "the calls of the last \(length)"
            }
        let atLeast = "\(minimumCalls) calls or more"
        var rules: [String] = []
        if let failureRate { rules.append("\(failureRate) of \(over) failed (\(atLeast))") }
        if let failureCount, !isImplied(failureCount) { rules.append("\(failureCount) of \(over) failed") }
        if let consecutiveFailures { rules.append("\(consecutiveFailures) failed in a row") }
        if let slowCallDuration {
            rules.append("\(slowCallRate) of \(over) took over \(slowCallDuration) (\(atLeast))")
        }
        let jitter = recoveryJitter > 0 ? " ± \(recoveryJitter)" : ""
        return "opens when \(rules.joined(separator: " or ")), for \(recoveryTimeout)\(jitter), then "
            + "\(halfOpenMaxCalls) \(halfOpenMaxCalls == 1 ? "probe" : "probes")"
    }

    /// Whether so many failures in the window always reach the failure rate, too.
    private func isImplied(_ failureCount: Int) -> Bool {
        guard let failureRate, case .calls(let size) = window, failureCount >= minimumCalls else { return false }
        return Double(failureCount) >= failureRate * Double(size)
    }
}

extension RateLimiterConfiguration {
    /// The settings in a few words.
    var summary: String {
        let rule =
            switch algorithm {
            case .slidingWindow(let limit, let per): "\(limit) in \(per)"
            case .tokenBucket(let capacity, let refillInterval): "\(capacity) at once, one more each \(refillInterval)"
            }
        return maxWait > .zero && maxQueued > 0
            ? "\(rule), \(maxQueued) wait up to \(maxWait)" : "\(rule), nobody waits"
    }
}

extension ClientThrottleConfiguration {
    /// The settings in a few words.
    var summary: String {
        "refuses beyond \(acceptsMultiplier) × what was accepted in the last \(window), at most \(maxRejectionProbability) of the calls"
    }
}

extension AdaptiveRateLimiterConfiguration {
    /// The settings in a few words.
    var summary: String {
        maxWait > .zero && maxQueued > 0 ? "\(maxQueued) wait up to \(maxWait)" : "nobody waits"
    }
}

extension HedgeConfiguration {
    /// The settings in a few words.
    var summary: String {
        let when =
            switch delay {
            case .fixed(let duration): "after \(duration)"
            case .percentile(let share, _, _, _): "after the time in which \(share) of the calls end"
            }
        return "\(maxHedges) more \(maxHedges == 1 ? "copy" : "copies") \(when)"
    }
}

extension BulkheadConfiguration {
    /// The settings in a few words.
    var summary: String {
        let waiting = maxWait > .zero && maxQueued > 0 ? "\(maxQueued) wait up to \(maxWait)" : "nobody waits"
        return "\(limit) at once, \(waiting)"
    }
}

extension AdaptiveLimiterConfiguration {
    /// The settings in a few words.
    var summary: String {
        let rule =
            switch algorithm {
            case .aimd: "additive increase, multiplicative decrease"
            case .gradient: "by the gradient of latency"
            }
        return "\(minLimit) to \(maxLimit) at once, \(rule)"
    }
}
