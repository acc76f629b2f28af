/// How a turn ended.
public struct TurnEnd: Sendable, Hashable {
    /// The three ways in which a turn ends.
    public enum Outcome: String, Sendable, Hashable, CaseIterable {
        /// There is an answer.
        case completed
        /// There is none, or not all of it.
        case failed
        /// Whoever asked gave up.
        case cancelled
    }

    /// The turn.
    public var turn: String
    /// The answer, as far as there is one.
    public var answer: Message?
    /// How it ended.
    public var outcome: Outcome
    /// The model that was asked for.
    public var model: String?
    /// Who answered, `provider/model`.
    public var target: String?
    /// What it cost.
    public var usage: Usage?
    /// Why the provider stopped, in its own word; never invented.
    public var stopReason: String?
    /// What went wrong, in a sentence without secrets.
    public var error: String?

    /// Creates the end of a turn.
    ///
    /// - Parameters:
    ///   - turn: The turn.
    ///   - answer: The answer, as far as there is one.
    ///   - outcome: How it ended.
    ///   - model: The model that was asked for.
    ///   - target: Who answered.
    ///   - usage: What it cost.
    ///   - stopReason: Why the provider stopped.
    ///   - error: What went wrong.
    public init(
        turn: String, answer: Message? = nil, outcome: Outcome, model: String? = nil, target: String? = nil,
        usage: Usage? = nil, stopReason: String? = nil, error: String? = nil
    ) {
        self.turn = turn
        self.answer = answer
        self.outcome = outcome
        self.model = model
        self.target = target
        self.usage = usage
        self.stopReason = stopReason
        self.error = error
    }
}
