extension GatewayConfiguration.Policy {
    /// When and how often an attempt is repeated.
    package struct Retry: Sendable, Hashable {
        /// How the delay grows from attempt to attempt; see the retry policy for the sequences.
        package enum Strategy: String, Sendable, Hashable, CaseIterable {
            case fixed, linear, exponential, fibonacci, decorrelated
        }

        /// How chance changes a delay.
        package enum Jitter: String, Sendable, Hashable, CaseIterable {
            /// Not at all.
            case none
            /// Anything from nothing to the delay.
            case full
            /// From half the delay to the delay.
            case equal
            /// From half the delay to one and a half times the delay.
            case proportional
        }

        /// The attempts in all, the first one included.
        package var maxAttempts = 4
        /// How the delay grows.
        package var strategy = Strategy.exponential
        /// The delay before the second attempt.
        package var initialDelay: Duration = .milliseconds(100)
        /// The factor from one delay to the next, for the exponential strategy.
        package var multiplier = 2.0
        /// The longest delay before jitter.
        package var maxDelay: Duration = .seconds(30)
        /// How chance changes a delay.
        package var jitter = Jitter.full
        /// The longest wait that a provider may ask for; beyond it the request fails at once.
        package var maxServerHint: Duration = .seconds(60)

        /// Creates the defaults.
        package init() {}
    }
}

extension GatewayConfiguration.Policy.Retry {
    private static let delays: ClosedRange<Duration> = .zero ... .seconds(86_400)

    static let fields = FieldTable(
        [
            Field("maxAttempts", \.maxAttempts, .integer(1...100)),
            Field("strategy", \.strategy, .word()),
            Field("initialDelay", \.initialDelay, .duration(delays)),
            Field("multiplier", \.multiplier, .number(1...1000)),
            Field("maxDelay", \.maxDelay, .duration(delays)),
            Field("jitter", \.jitter, .word()),
            Field("maxServerHint", \.maxServerHint, .duration(delays)),
        ],
        initial: { GatewayConfiguration.Policy.Retry() })
}
