extension GatewayConfiguration {
    /// A set of resilience settings that providers and models refer to by name.
    package struct Policy: Sendable, Hashable {
        /// The limits of time for the phases of one attempt.
        package struct Timeouts: Sendable, Hashable {
            /// Until the connection stands.
            package var connect: Duration = .seconds(5)
            /// From the request until the headers of the answer.
            package var responseHeaders: Duration = .seconds(60)
            /// From the headers of a streamed answer until its first token.
            package var firstToken: Duration = .seconds(30)
            /// The longest silence within a streamed answer.
            package var betweenTokens: Duration = .seconds(30)
            /// From the request to the end of a streamed answer; nil lets it go on as long as tokens come.
            package var total: Duration?
            /// The fewest tokens a second of a streamed answer; nil sets no minimum.
            package var minThroughput: Double? = 0.1
            /// Over how long that is averaged.
            package var throughputWindow: Duration = .seconds(60)

            /// Creates the defaults.
            package init() {}
        }

        /// How many retries there may be beside the requests themselves.
        package struct Budget: Sendable, Hashable {
            /// The retries allowed per active request.
            package var ratio = 0.2
            /// The retries that are always allowed.
            package var floor = 3

            /// Creates the defaults.
            package init() {}
        }

        /// The limit of time for a whole request, retries and fallbacks included.
        package var deadline: Duration = .seconds(120)
        /// The limit of time for one attempt.
        package var attemptTimeout: Duration = .seconds(60)
        /// The limits of time for the phases of one attempt.
        package var timeouts = Timeouts()
        /// When and how often an attempt is repeated.
        package var retry = Retry()
        /// When calls to a target stop for a while.
        package var breaker = Breaker()
        /// How many retries there may be beside the requests themselves.
        package var budget = Budget()
        /// When a request that takes long is sent a second time.
        package var hedge = Hedge()
        /// How long a request waits for the limits of its target.
        package var maxWait: Duration = .seconds(5)
        /// The longest time for which a client that says how long it waits gets a whole answer instead of the defaults.
        package var maxClientWait: Duration = .seconds(600)

        /// Creates the defaults.
        package init() {}
    }
}

extension GatewayConfiguration.Policy {
    /// What a limit of time may be.
    static let timeLimits: ClosedRange<Duration> = .milliseconds(1) ... .seconds(3600)

    static let fields = FieldTable(
        [
            Field("deadline", \.deadline, .duration(timeLimits)),
            Field("attemptTimeout", \.attemptTimeout, .duration(timeLimits)),
            Field("timeouts", \.timeouts, Timeouts.fields.format),
            Field("retry", \.retry, Retry.fields.format),
            Field("breaker", \.breaker, Breaker.fields.format),
            Field("budget", \.budget, Budget.fields.format),
            Field("hedge", \.hedge, Hedge.fields.format),
            Field("maxWait", \.maxWait, .duration(.zero ... .seconds(3600))),
            Field("maxClientWait", \.maxClientWait, .duration(.zero ... .seconds(3600))),
        ],
        initial: { GatewayConfiguration.Policy() })
}

extension GatewayConfiguration.Policy.Timeouts {
    static let fields = FieldTable(
        [
            Field("connect", \.connect, .duration(GatewayConfiguration.Policy.timeLimits)),
            Field("responseHeaders", \.responseHeaders, .duration(GatewayConfiguration.Policy.timeLimits)),
            Field("firstToken", \.firstToken, .duration(GatewayConfiguration.Policy.timeLimits)),
            Field("betweenTokens", \.betweenTokens, .duration(GatewayConfiguration.Policy.timeLimits)),
            Field("total", optional: \.total, .duration(GatewayConfiguration.Policy.timeLimits)),
            Field("minThroughput", optional: \.minThroughput, .number(0.01...100_000)),
            Field("throughputWindow", \.throughputWindow, .duration(GatewayConfiguration.Policy.timeLimits)),
        ],
        initial: { GatewayConfiguration.Policy.Timeouts() })
}

extension GatewayConfiguration.Policy.Budget {
    static let fields = FieldTable(
        [
            Field("ratio", \.ratio, .number(0...1)),
            Field("floor", \.floor, .integer(0...1000)),
        ],
        initial: { GatewayConfiguration.Policy.Budget() })
}
