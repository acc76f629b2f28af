import NIOCore
import SageLLM

extension OpenAIShape {
    /// Answers `POST /v1/chat/completions`.
    func chat(_ request: ProviderRequest, options: ReplyOptions) throws -> ProviderReply {
        let chat = try ChatCompletionRequest(parsing: request.body)
        let conversation = try Conversation(chat)
        let isStream = chat.stream ?? false
        if let inBand = options.inBandError, !isStream { return inBand.reply(standard: Self.breakdown) }
        let answer = ModelAnswer(to: conversation, options: options, sequence: request.sequence)
        let reply = SimulatedReply(answer, model: chat.model, request: request)
        guard isStream else { return ProviderReply(json: reply.completion.json) }
        var events =
            Array(repeating: Self.keepAlive, count: options.keepAlives)
            + reply.events(includeUsage: chat.streamOptions?["include_usage"]?.boolValue ?? false)
        if let inBand = options.inBandError {
            events =
                inBand.breaking(events.dropLast(), with: Self.breakdown) { ServerSentEventEncoder.encode(data: $0) }
                + [SimulatedReply.doneEvent]
        }
        if options.omitsDone { events.removeLast() }
        return ProviderReply(events: events)
    }

    /// The comment that services send while a request waits for its turn.
    static let keepAlive = ServerSentEventEncoder.encode(comment: "keep-alive")
}

extension SimulatedReply {
    fileprivate init(_ answer: ModelAnswer, model: String, request: ProviderRequest) {
        self.init(
            id: "chatcmpl-mock-\(request.sequence)",
            created: request.time,
            model: model,
            text: answer.text,
            reasoning: answer.thinking,
            toolCalls: answer.calls.map {
                ToolCall(id: "call_mock_\($0.number)", name: $0.name, arguments: $0.arguments)
            },
            promptTokens: answer.promptTokens
        )
        finishReason = answer.finishReason(answer.calls.isEmpty ? "stop" : "tool_calls")
    }
}

extension Conversation {
    /// - Throws: ``OpenAIMistake`` where the messages do not fit together.
    fileprivate init(_ chat: ChatCompletionRequest) throws {
        guard let last = chat.messages.last else { throw OpenAIMistake("messages is empty", param: "messages") }
        try Self.checkCalls(in: chat.messages)
        for (index, tool) in (chat.tools ?? []).enumerated() where tool.type == "function" {
            guard let function = tool.function else {
                throw OpenAIMistake(
                    "Missing required parameter: 'tools[\(index)].function'.", param: "tools[\(index)].function",
                    code: "missing_required_parameter")
            }
            tools.append(function.name)
        }
        lastText = last.content?.text ?? ""
        isUsersTurn = last.role == .user
        if chat.toolChoice == "required" {
            demand = .any
        } else {
            demand = chat.toolChoice?["function"]?["name"]?.stringValue.map(Demand.named)
        }
        tokens = SimulatedReply.estimatedTokens(chat.messages)
    }

    /// Each call of a tool has its result in the messages that follow it at once, and each result has its call.
    private static func checkCalls(in messages: [ChatMessage]) throws(OpenAIMistake) {
        var open: [String] = []
        for (index, message) in messages.enumerated() {
            if message.role == .tool {
                guard let place = open.firstIndex(of: message.toolCallID ?? "") else {
                    throw OpenAIMistake(
                        "Invalid parameter: messages with role 'tool' must be a response to a preceding message "
                            + "with 'tool_calls'.",
                        param: "messages[\(index)].role")
                }
                open.remove(at: place)
                continue
            }
            try checkAnswered(open)
            open = message.toolCalls?.map(\.id) ?? []
        }
        try checkAnswered(open)
    }

    private static func checkAnswered(_ open: [String]) throws(OpenAIMistake) {
        guard !open.isEmpty else { return }
        throw OpenAIMistake(
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
                + "'tool_call_id'. The following tool_call_ids did not have response messages: "
                + open.joined(separator: ", "),
            param: "messages")
    }
}
