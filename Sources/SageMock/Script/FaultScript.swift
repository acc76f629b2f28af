/// What a ``MockProvider`` does instead of answering well: a list of rules, the first that matches a request answers it.
///
/// A value without state. How often each rule has answered is counted by the running provider.
public struct FaultScript: Sendable, Hashable {
    /// The rules in the order in which they are tried.
    package var rules: [FaultRule]
    /// The seed of the generator behind `probability`; nil when the script names none.
    package var seed: UInt64?
    /// The text the script was read from, shown again by `GET /_mock/script`.
    package let source: String

    package init(rules: [FaultRule], seed: UInt64? = nil, source: String = "[]\n") {
        self.rules = rules
        self.seed = seed
        self.source = source
    }

    /// The script without rules: every request is answered well.
    public static let healthy = FaultScript(rules: [])

    /// The largest script that is read, in bytes.
    public static let maximumBytes = 1_048_576
}

/// Which requests a rule answers, and how.
package struct FaultRule: Sendable, Hashable {
    /// What a request has to look like.
    package var match: RequestMatch
    /// The answers, in order.
    package var steps: [FaultStep]
    /// What follows the last step.
    package var then: Continuation

    package init(match: RequestMatch = RequestMatch(), steps: [FaultStep], then: Continuation = .ok) {
        self.match = match
        self.steps = steps
        self.then = then
    }

    /// What a rule does after its last step.
    package enum Continuation: String, Sendable, Hashable, CaseIterable {
        /// Starts again with the first step.
        case `repeat`
        /// Stays at the last step.
        case last
        /// Answers every further request well.
        case ok
    }
}
