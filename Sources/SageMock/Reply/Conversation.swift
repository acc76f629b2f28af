import SageLLM

/// What a request says, whatever the shape it came in: as much of it as decides about the answer.
struct Conversation: Sendable, Hashable {
    /// The text of the last message.
    var lastText = ""
    /// Whether the user spoke last; false after a tool's result.
    var isUsersTurn = true
    /// The names of the tools on offer, in the request's order.
    var tools: [String] = []
    /// Which of them the request wants called; nil leaves it to the model.
    var demand: Demand?
    /// The estimated tokens of the request.
    var tokens = 0

    /// A demand to call a tool.
    enum Demand: Sendable, Hashable {
        case any
        case named(String)
    }

    /// Counts a message: its text and 4 tokens for what surrounds it.
    mutating func count(message text: String) {
        tokens += 4 + SimulatedReply.estimatedTokens(text)
    }
}

/// A request that a provider refuses although each of its fields is of the right kind.
struct RequestMistake: Error, Hashable, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
