import SageResilience

/// When a call that fails in the same way each time would be tried again: the engine's own decisions, taken with the
/// least, the middle and the greatest random numbers, while attempts themselves take no time.
struct RetrySchedule {
    /// One retry.
    ///
    /// A wait is nil where that sequence has given up before.
    struct Retry {
        /// The number of the retry, from 1.
        let number: Int
        let least: Duration?
        let typical: Duration?
        let most: Duration?
        let sample: Duration?
        /// The typical waits up to this one.
        let total: Duration
        /// The longest waits up to this one.
        let longestTotal: Duration

        /// Whether chance has a part in this wait.
        var isSpread: Bool { least != most }
    }

    let retries: [Retry]
    /// Why there is no further retry.
    let ending: RetryStopReason?

    /// Takes the decisions.
    ///
    /// - Parameters:
    ///   - configuration: The policy.
    ///   - failure: How each attempt fails.
    ///   - sample: Random numbers for one sequence as it could happen.
    init(
        _ configuration: RetryConfiguration, after failure: ErrorClassification, sample: RandomSource? = nil
    ) {
        let least = Self.waits(configuration, failure, .constant(0))
        let typical = Self.waits(configuration, failure, .constant(0.5))
        let most = Self.waits(configuration, failure, .constant(1))
        let drawn = sample.map { Self.waits(configuration, failure, $0).waits } ?? []
        var total = Duration.zero
        var longestTotal = Duration.zero
        retries = (0..<max(least.waits.count, typical.waits.count, most.waits.count)).map { index in
            func wait(_ waits: [Duration]) -> Duration? { index < waits.count ? waits[index] : nil }
            total += wait(typical.waits) ?? .zero
            longestTotal += wait(most.waits) ?? .zero
            return Retry(
                number: index + 1, least: wait(least.waits), typical: wait(typical.waits), most: wait(most.waits),
                sample: wait(drawn), total: total, longestTotal: longestTotal)
        }
        ending = typical.ending
    }

    /// Whether chance has a part in any wait.
    var isSpread: Bool { retries.contains(where: \.isSpread) }

    private static func waits(
        _ configuration: RetryConfiguration, _ failure: ErrorClassification, _ random: RandomSource
    ) -> (waits: [Duration], ending: RetryStopReason?) {
        var now = Moment.zero
        var state = RetryPolicy.StateMachine(configuration, startedAt: now)
        let failure = RetryPolicy.StateMachine.Failure(failure, isRejection: false, isCallerCancelled: false)
        var waits: [Duration] = []
        while true {
            switch state.decide(failure, now: now, random: random, reserve: { true }, release: {}) {
            case .retry(let nanoseconds):
                waits.append(.nanoseconds(nanoseconds))
                now = now.advanced(by: nanoseconds)
            case .stop(let reason):
                return (waits, reason)
            }
        }
    }
}
