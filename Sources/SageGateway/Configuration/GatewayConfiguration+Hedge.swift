import SageResilience

extension GatewayConfiguration.Policy {
    /// When a request that takes long is sent a second time, to another target.
    package struct Hedge: Sendable, Hashable {
        /// How long a call may take before another is sent.
        package enum Delay: Sendable, Hashable {
            /// Always the same time.
            case fixed(Duration)
            /// The time within which so many per cent of the target's recent calls were answered.
            case percentile(Double)
        }

        /// Whether requests are hedged that do not say so themselves.
        package var isEnabled = false
        /// How long a call may take before another is sent.
        package var delay = Delay.percentile(95)
        /// The most calls that are sent beside the first, for one request.
        package var maxHedges = 1

        /// Creates the defaults.
        package init() {}
    }
}

extension GatewayConfiguration.Policy.Hedge {
    static let fields = FieldTable(
        [
            Field("enabled", \.isEnabled, .flag),
            Field("delay", \.delay, .hedgeDelay),
            Field("maxHedges", \.maxHedges, .integer(1...10)),
        ],
        initial: { GatewayConfiguration.Policy.Hedge() })
}

extension FieldFormat<GatewayConfiguration.Policy.Hedge.Delay> {
    /// A percentile, `p95`, or a duration, `500ms`.
    fileprivate static var hedgeDelay: Self {
        .scalar(
            allowed: "a percentile above p0 and below p100, for example p95, or a time of 0 to 1h, for example 500ms",
            spellings: [.pattern("p[0-9]+(\\.[0-9]+)?"), .duration],
            render: { delay in
                switch delay {
                case .fixed(let duration): .text(DurationText.render(duration))
                case .percentile(let percent): .text("p" + DecimalText.render(percent))
                }
            }
        ) { text in
            if text.first == "p" {
                guard let percent = DecimalText.parse(String(text.dropFirst())), percent > 0, percent < 100 else {
                    return nil
                }
                return .percentile(percent)
            }
            return DurationText.parse(text).flatMap { (.zero ... .seconds(3600)).contains($0) ? .fixed($0) : nil }
        }
    }
}
