import SageLLM
import SageSessions

/// The part of a conversation that a model gets to see.
struct ChatHistory: Sendable {
    /// The messages that are sent.
    private(set) var messages: [SageSessions.Message]
    /// How many older ones are not.
    private(set) var leftOut: Int

    /// Chooses what is sent: instructions, and the latest turns that fit.
    ///
    /// A turn begins with a user's message and is sent as a whole or not at all, because the result of a tool without
    /// its call is refused by providers. The last turn is always sent. Nothing is deleted: what is left out of a request
    /// stays in the log.
    ///
    /// - Parameters:
    ///   - view: The legal view of the conversation.
    ///   - maxTokens: The most tokens, at a guess of four bytes for each.
    ///   - maxMessages: The most messages.
    init(_ view: [SageSessions.Message], maxTokens: Int, maxMessages: Int) {
        let instructions = view.prefix { $0.role == .system }
        var turns: [ArraySlice<SageSessions.Message>] = []
        var start = instructions.endIndex
        for index in view.indices[instructions.endIndex...] where index > start && view[index].role == .user {
            turns.append(view[start..<index])
            start = index
        }
        if start < view.endIndex { turns.append(view[start...]) }
        var tokens = instructions.reduce(0) { $0 + Self.tokens($1) }
        var count = instructions.count
        var kept: [ArraySlice<SageSessions.Message>] = []
        for turn in turns.reversed() {
            let size = turn.reduce(0) { $0 + Self.tokens($1) }
            if !kept.isEmpty, tokens + size > maxTokens || count + turn.count > maxMessages { break }
            tokens += size
            count += turn.count
            kept.append(turn)
        }
        messages = Array(instructions) + kept.reversed().flatMap(\.self)
        leftOut = view.count - messages.count
    }

    /// The tokens of a message at a guess, with a few for its frame.
    static func tokens(_ message: SageSessions.Message) -> Int {
        let size = message.parts.reduce(0) { size, part in
            switch part {
            case .text(let text): size + text.utf8.count / 4
            case .image: size + TokenEstimate.perAttachment
            case .toolCall(let call): size + (call.name.utf8.count + call.arguments.utf8.count) / 4
            case .toolResult(let result): size + result.text.utf8.count / 4
            default: size
            }
        }
        return size + 4
    }
}
