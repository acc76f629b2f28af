import SageResilience

extension GatewayConfiguration.Policy {
    /// When calls to a target stop for a while.
    package struct Breaker: Sendable, Hashable {
        /// What the breaker looks back on.
        package enum Window: Sendable, Hashable {
            /// The last calls.
            case calls(Int)
            /// The calls of the last while.
            case time(Duration)
        }

        /// What the breaker looks back on.
        package var window = Window.calls(10)
        /// The calls that must have been made before rates count.
        package var minimumCalls = 5
        /// The share of failures from which the breaker opens.
        package var failureRate = 0.5
        /// The failures in a row from which the breaker opens; nil for no such limit.
        package var consecutiveFailures: Int? = 5
        /// The time from which a call counts as slow.
        package var slowCall: Duration = .seconds(30)
        /// The share of slow calls from which the breaker opens.
        package var slowRate = 0.8
        /// How long the breaker stays open before it lets a probe through.
        package var recoveryTimeout: Duration = .seconds(30)
        /// The probes in flight while it is half-open.
        package var halfOpenMaxCalls = 3

        /// Creates the defaults.
        package init() {}
    }
}

extension GatewayConfiguration.Policy.Breaker {
    static let fields = FieldTable(
        [
            Field("window", \.window, .window),
            Field("minimumCalls", \.minimumCalls, .integer(1...1_000_000)),
            Field("failureRate", \.failureRate, .number(0...1, excludesLowerBound: true)),
            Field("consecutiveFailures", \.consecutiveFailures, .integerOrOff(1...1_000_000)),
            Field("slowCall", \.slowCall, .duration(.milliseconds(1) ... .seconds(86_400))),
            Field("slowRate", \.slowRate, .number(0...1, excludesLowerBound: true)),
            Field("recoveryTimeout", \.recoveryTimeout, .duration(.milliseconds(1) ... .seconds(86_400))),
            Field("halfOpenMaxCalls", \.halfOpenMaxCalls, .integer(1...1000)),
        ],
        initial: { GatewayConfiguration.Policy.Breaker() })
}

extension FieldFormat<GatewayConfiguration.Policy.Breaker.Window> {
    /// A number of calls, `10 calls`, or a duration, `30s`.
    fileprivate static var window: Self {
        .scalar(
            allowed: "1 to 1000000 calls, for example `10 calls`, or a time of 1s to 1h, for example 30s",
            spellings: [.pattern("[0-9]+ calls?"), .duration],
            render: { window in
                switch window {
                case .calls(let count): .text(count == 1 ? "1 call" : "\(count) calls")
                case .time(let duration): .text(DurationText.render(duration))
                }
            }
        ) { text in
            let parts = text.split(separator: " ")
            if parts.count == 2, parts[1] == "calls" || parts[1] == "call", !parts[0].hasPrefix("+") {
                return Int(parts[0]).flatMap { (1...1_000_000).contains($0) ? .calls($0) : nil }
            }
            guard let duration = DurationText.parse(text), (.seconds(1) ... .seconds(3600)).contains(duration) else {
                return nil
            }
            return .time(duration)
        }
    }
}
