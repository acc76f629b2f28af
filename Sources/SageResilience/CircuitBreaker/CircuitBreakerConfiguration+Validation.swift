extension CircuitBreakerConfiguration {
    func validate() throws(ConfigurationError) {
        let mostFailures: Int
        switch window {
        case .calls(let count):
            try Validation.count("window", count, in: 1...1_000_000)
            // More failures than the window holds would never be counted.
            mostFailures = count
        case .time(let duration, let buckets):
            try Validation.positive("window", duration)
            // As many as the largest window by number; who wants more wants nil.
            mostFailures = 1_000_000
            try Validation.count("window.buckets", buckets, in: 1...1_000)
        }
        try Validation.count("minimumCalls", minimumCalls, in: 1...Int.max)
        if let failureRate { try Validation.share("failureRate", failureRate) }
        if let failureCount { try Validation.count("failureCount", failureCount, in: 1...mostFailures) }
        if let consecutiveFailures {
            try Validation.count("consecutiveFailures", consecutiveFailures, in: 1...Int.max)
        }
        if let slowCallDuration { try Validation.notNegative("slowCallDuration", slowCallDuration) }
        try Validation.share("slowCallRate", slowCallRate)
        try Validation.positive("recoveryTimeout", recoveryTimeout)
        try Validation.ratio("recoveryJitter", recoveryJitter)
        try Validation.atLeast("recoveryMultiplier", recoveryMultiplier, 1)
        try Validation.positive("maxRecoveryTimeout", maxRecoveryTimeout)
        try Validation.notNegative("stableAfter", stableAfter)
        try Validation.count("halfOpenMaxCalls", halfOpenMaxCalls, in: 1...1_000_000)
        try Validation.count("successesToClose", successesToClose, in: 1...1_000_000)
        if let halfOpenFailureRate { try Validation.share("halfOpenFailureRate", halfOpenFailureRate) }
        try Validation.positive("halfOpenMaxWait", halfOpenMaxWait)
        try Validation.count("halfOpenMaxQueued", halfOpenMaxQueued, in: 0...1_000_000)
        if let ramp {
            try Validation.positive("ramp.duration", ramp.duration)
            try Validation.share("ramp.initialShare", ramp.initialShare)
        }
        if let adaptiveThreshold { try validate(adaptiveThreshold) }
        try Validation.notNegative("rateLimitTolerance", rateLimitTolerance)
        try Validation.notNegative("maxServerHint", maxServerHint)
    }

    private func validate(_ adaptive: AdaptiveThreshold) throws(ConfigurationError) {
        guard let failureRate else {
            throw ConfigurationError(
                field: "failureRate", value: "nil", allowed: "a share of calls where adaptiveThreshold is set")
        }
        try Validation.count("adaptiveThreshold.memory", adaptive.memory, in: 1...1_000_000)
        try Validation.ratio("adaptiveThreshold.deviations", adaptive.deviations, in: 1...100)
        guard adaptive.floor > 0, adaptive.floor <= failureRate else {
            throw ConfigurationError(
                field: "adaptiveThreshold.floor", value: adaptive.floor,
                allowed: "above 0, up to the failureRate of \(failureRate)")
        }
    }
}
