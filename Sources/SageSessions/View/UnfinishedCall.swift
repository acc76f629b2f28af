/// A tool call of the last answer that has no result.
public struct UnfinishedCall: Sendable, Hashable {
    /// The call, with the id that the log has.
    public var call: ToolCall
    /// The turn in which it was recorded as about to run; nil if it was not.
    public var turn: String?
    /// Whether it may run twice, as far as was recorded.
    public var isRepeatable: Bool

    /// Creates a call without a result.
    ///
    /// - Parameters:
    ///   - call: The call.
    ///   - turn: The turn in which it was recorded as about to run. Defaults to none.
    ///   - isRepeatable: Whether it may run twice. Defaults to false.
    public init(call: ToolCall, turn: String? = nil, isRepeatable: Bool = false) {
        self.call = call
        self.turn = turn
        self.isRepeatable = isRepeatable
    }

    /// Whether it was recorded as about to run: it may have had its effect.
    public var wasStarted: Bool { turn != nil }
}
