import SageLLM

/// What the model says to a conversation, before a shape puts it into its own words.
struct ModelAnswer: Sendable, Hashable {
    /// What it thought; empty when it tells nothing of it.
    var thinking: String
    /// The text; empty where tools are called without a word.
    var text: String
    /// The tools it calls, in their order.
    var calls: [Call]
    /// The estimated tokens of the request.
    let promptTokens: Int
    private let finish: String?
    private let omitsFinish: Bool

    /// A call of a tool.
    struct Call: Sendable, Hashable {
        /// What tells this call from the others, for example `7` or `7_2`; each shape puts its own prefix before it.
        var number: String
        var name: String
        /// The arguments as the script wrote them, usually the text of a JSON object.
        var arguments: String
    }

    /// Answers as the script's step says, else by the request: an echo of its last message, or the tool it demands.
    ///
    /// A result of a tool is always answered with text, so that a conversation with tools comes to an end.
    ///
    /// - Parameter sequence: The number of the request, from which ids are made.
    init(to conversation: Conversation, options: ReplyOptions, sequence: Int) {
        thinking = options.thinking ?? ""
        calls = Self.calls(of: conversation, scripted: options.tools).enumerated().map { index, call in
            Call(
                number: index == 0 ? "\(sequence)" : "\(sequence)_\(index + 1)", name: call.name,
                arguments: call.arguments)
        }
        text = options.text ?? (calls.isEmpty ? "You said: \(conversation.lastText)" : "")
        promptTokens = conversation.tokens
        finish = options.finish
        omitsFinish = options.omitsFinish
    }

    private static func calls(
        of conversation: Conversation, scripted: [ReplyOptions.ToolCall]
    ) -> [(name: String, arguments: String)] {
        guard conversation.isUsersTurn, let first = conversation.tools.first else { return [] }
        if !scripted.isEmpty { return scripted.map { ($0.name ?? first, $0.arguments) } }
        switch conversation.demand {
        case .any: return [(first, "{}")]
        case .named(let name): return [(name, "{}")]
        case nil: return []
        }
    }
}

extension ModelAnswer {
    /// The estimated tokens of the thinking.
    var thinkingTokens: Int { SimulatedReply.estimatedTokens(thinking) }

    /// The estimated tokens of the text and the calls.
    var contentTokens: Int {
        calls.reduce(SimulatedReply.estimatedTokens(text)) {
            $0 + SimulatedReply.estimatedTokens($1.name) + SimulatedReply.estimatedTokens($1.arguments)
        }
    }

    /// The reason for finishing that the answer gives: the script's, else the true one; nil when it gives none.
    func finishReason(_ natural: @autoclosure () -> String) -> String? {
        omitsFinish ? nil : finish ?? natural()
    }
}

extension ModelAnswer.Call {
    /// The arguments as JSON; a text that is no JSON stays a text.
    var argumentsValue: JSONValue {
        (try? JSONValue(parsing: arguments)) ?? .string(arguments)
    }
}
