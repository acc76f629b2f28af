/// A whole chat answer in no provider's words.
package struct NeutralReply: Sendable, Hashable {
    /// One of the answers that were asked for.
    package struct Choice: Sendable, Hashable {
        package var parts: [NeutralPart]
        package var stopReason: NeutralStopReason
        /// The stop sequence that ended the answer.
        package var stopSequence: String?

        package init(_ parts: [NeutralPart], _ stopReason: NeutralStopReason, stopSequence: String? = nil) {
            self.parts = parts
            self.stopReason = stopReason
            self.stopSequence = stopSequence
        }
    }

    /// The provider's id of the answer.
    package var id: String
    /// The model that has answered, in the provider's words.
    package var model: String
    package var choices: [Choice]
    package var usage: TokenCounts?

    package init(id: String, model: String, choices: [Choice], usage: TokenCounts? = nil) {
        self.id = id
        self.model = model
        self.choices = choices
        self.usage = usage
    }
}

/// Why an answer ended.
package enum NeutralStopReason: Sendable, Hashable {
    /// The model was done.
    case stop
    /// A stop sequence came.
    case stopSequence
    /// The limit of tokens was reached.
    case length
    /// The context window is full.
    case contextWindow
    /// The model calls tools.
    case toolCalls
    /// A filter cut the answer off.
    case contentFilter
    /// The model refused.
    case refusal
    /// The provider paused a long turn, to be continued by the client.
    case pause
    /// A word of the provider's that no other case means.
    case other(String)
}
