extension AdaptiveLimiter {
    /// The logic of an adaptive limiter as a value: what is learned at the end of a window.
    struct StateMachine: Sendable {
        private enum Rule: Sendable {
            case aimd(AIMDLimit)
            case gradient(GradientLimit)
        }

        private var rule: Rule
        /// Counts the changes after which the results of earlier calls say nothing about the present limit.
        private(set) var generation: UInt16 = 0
        private(set) var drops = 0
        private(set) var windows = 0
        private(set) var lastDuration: Double?

        init(_ configuration: AdaptiveLimiterConfiguration) {
            let range = configuration.minLimit...configuration.maxLimit
            switch configuration.algorithm {
            case .aimd(let backoffRatio):
                rule = .aimd(AIMDLimit(limit: configuration.initialLimit, range: range, backoffRatio: backoffRatio))
            case .gradient(let rules):
                rule = .gradient(GradientLimit(limit: configuration.initialLimit, range: range, rules: rules))
            }
        }

        var limit: Int {
            switch rule {
            case .aimd(let rule): rule.limit
            case .gradient(let rule): rule.limit
            }
        }

        /// How long a call takes in the long run, in nanoseconds.
        var longDuration: Double? {
            guard case .gradient(let rule) = rule else { return nil }
            return rule.longDuration
        }

        /// A window is complete.
        mutating func learn(_ sample: LimitSample) {
            windows += 1
            if sample.duration > 0 { lastDuration = sample.duration }
            update(sample)
        }

        /// A call of this generation was dropped by the service.
        ///
        /// Calls that were in flight together tell of the same overload: only the first of them lowers the limit.
        mutating func drop(generation: UInt16, inFlight: Int) {
            drops += 1
            guard generation == self.generation else { return }
            update(LimitSample(inFlight: inFlight, didDrop: true))
            self.generation &+= 1
        }

        private mutating func update(_ sample: LimitSample) {
            switch rule {
            case .aimd(var rule):
                rule.update(sample)
                self.rule = .aimd(rule)
            case .gradient(var rule):
                let wasRelearning = rule.isRelearning
                rule.update(sample)
                // What began under the other limit says nothing about this one.
                if rule.isRelearning != wasRelearning, !sample.didDrop { generation &+= 1 }
                self.rule = .gradient(rule)
            }
        }
    }
}
