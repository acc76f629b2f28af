import SageResilience

/// When a request that takes long is sent again to another target, and how often: a policy's part.
package struct HedgeRule: Sendable, Hashable {
    /// How long a call may take before another is sent.
    package enum Delay: Sendable, Hashable {
        /// So many nanoseconds.
        case fixed(Int64)
        /// The time within which this share of the target's recent calls was answered.
        case percentile(Double)
    }

    /// Whether requests are hedged that do not say so themselves.
    package let isEnabled: Bool
    /// How long a call may take before another is sent.
    package let delay: Delay
    /// The most calls that are sent beside the first.
    package let maxHedges: Int

    /// Translates a policy's rule.
    package init(_ hedge: GatewayConfiguration.Policy.Hedge) {
        isEnabled = hedge.isEnabled
        maxHedges = hedge.maxHedges
        delay =
            switch hedge.delay {
            case .fixed(let duration): .fixed(duration.saturatingNanoseconds)
            case .percentile(let percent): .percentile(percent / 100)
            }
    }

    /// How many hedges a request may have.
    ///
    /// - Parameter wish: What the client says (`x-sage-hedge`); nil when it says nothing.
    package func allowance(wish: Bool?) -> Int {
        wish ?? isEnabled ? maxHedges : 0
    }
}
