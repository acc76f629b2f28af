package import NIOCore

/// A made-up answer in OpenAI's shape, the same for the same input: what the simulated and the mock provider send.
package struct SimulatedReply: Sendable, Hashable {
    /// The id of the answer, for example `chatcmpl-1`.
    package var id: String
    /// When the answer was made, in seconds since 1970.
    package var created: Int
    /// The model that seems to answer.
    package var model: String
    /// The text; may be empty when there is a tool call.
    package var text: String
    /// What the model thought first, in the member that many services call `reasoning_content`; empty for none.
    package var reasoning: String
    /// The tool calls that follow the text.
    package var toolCalls: [ToolCall]
    /// Why the answer finished: `stop` or `tool_calls` by default; nil in an answer that does not say.
    package var finishReason: String?
    /// The token counts to report.
    package var usage: Usage

    /// - Parameters:
    ///   - id: The id of the answer.
    ///   - created: When the answer was made, in seconds since 1970.
    ///   - model: The model that seems to answer.
    ///   - text: The text of the answer.
    ///   - reasoning: What the model thought first; empty for none.
    ///   - toolCalls: The tool calls that follow the text.
    ///   - promptTokens: The tokens of the request; see ``estimatedTokens(_:)``.
    package init(
        id: String, created: Int, model: String, text: String, reasoning: String = "", toolCalls: [ToolCall] = [],
        promptTokens: Int = 0
    ) {
        self.id = id
        self.created = created
        self.model = model
        self.text = text
        self.reasoning = reasoning
        self.toolCalls = toolCalls
        finishReason = toolCalls.isEmpty ? "stop" : "tool_calls"
        let reasoningTokens = Self.estimatedTokens(reasoning)
        let completionTokens = toolCalls.compactMap(\.function).reduce(Self.estimatedTokens(text) + reasoningTokens) {
            $0 + Self.estimatedTokens($1.name) + Self.estimatedTokens($1.arguments)
        }
        usage = Usage(
            promptTokens: promptTokens, completionTokens: completionTokens,
            totalTokens: promptTokens + completionTokens)
        if reasoningTokens > 0 {
            usage.additionalFields["completion_tokens_details"] = ["reasoning_tokens": .integer(Int64(reasoningTokens))]
        }
    }

    /// An estimate of a text's tokens: the number of words or a quarter of its UTF-8 bytes, whichever is more.
    package static func estimatedTokens(_ text: String) -> Int {
        max(words(of: text).count, (text.utf8.count + 3) / 4)
    }

    /// The estimated tokens of a request: those of its messages' text and 4 for each message.
    package static func estimatedTokens(_ messages: [ChatMessage]) -> Int {
        messages.reduce(0) { $0 + 4 + estimatedTokens($1.content?.text ?? "") }
    }

    /// The answer as one completion.
    package var completion: ChatCompletion {
        var message = ChatMessage(
            role: .assistant, toolCalls: toolCalls.isEmpty ? nil : toolCalls, additionalFields: ["refusal": .null])
        if !reasoning.isEmpty { message.additionalFields["reasoning_content"] = .string(reasoning) }
        if isToolCallAlone {
            // Clients expect the member even where there is no text.
            message.additionalFields["content"] = .null
        } else {
            message.content = .text(text)
        }
        let choice = ChatChoice(
            message: message, finishReason: finishReason, additionalFields: Self.choiceNulls(finishReason))
        return ChatCompletion(id: id, created: created, model: model, choices: [choice], usage: usage)
    }

    /// The answer as one JSON body.
    package var body: ByteBuffer { completion.json.jsonBuffer }

    /// The answer as chunks: role, words of the reasoning, words, tool calls with the words of their arguments, finish
    /// reason unless it is nil.
    ///
    /// - Parameter includeUsage: Whether usage was asked for: then a last chunk carries it, and the others a null.
    package func chunks(includeUsage: Bool) -> [ChatCompletionChunk] {
        var chunks = deltas.map { chunk($0) }
        if let finishReason { chunks.append(chunk(ChatDelta(), finishReason: finishReason)) }
        guard includeUsage else { return chunks }
        for index in chunks.indices { chunks[index].additionalFields["usage"] = .null }
        return chunks + [ChatCompletionChunk(id: id, created: created, model: model, choices: [], usage: usage)]
    }

    /// The answer as the events of a stream, `[DONE]` last; each buffer is one event.
    package func events(includeUsage: Bool) -> [ByteBuffer] {
        chunks(includeUsage: includeUsage).map { ServerSentEventEncoder.encode(json: $0.json) } + [Self.doneEvent]
    }

    /// The event that ends a stream.
    package static let doneEvent = ServerSentEventEncoder.encode(data: ByteBuffer(string: "[DONE]"))

    private var isToolCallAlone: Bool { text.isEmpty && !toolCalls.isEmpty }

    private var deltas: [ChatDelta] {
        var deltas = [ChatDelta(role: .assistant, content: "", additionalFields: ["refusal": .null])]
        deltas += Self.words(of: reasoning).map {
            ChatDelta(additionalFields: ["content": .null, "reasoning_content": .string($0)])
        }
        deltas += Self.words(of: text).map { ChatDelta(content: $0) }
        if isToolCallAlone {
            deltas[0].content = nil
            deltas[0].additionalFields["content"] = .null
        }
        for (index, call) in toolCalls.enumerated() {
            let name = FunctionCallDelta(name: call.function?.name, arguments: "")
            let start = [ToolCallDelta(index: index, id: call.id, type: call.type, function: name)]
            if index == 0, deltas.count == 1, isToolCallAlone {
                // Without anything before it the chunk with the role begins the first call.
                deltas[0].toolCalls = start
            } else {
                deltas.append(ChatDelta(toolCalls: start))
            }
            deltas += Self.words(of: call.function?.arguments ?? "").map { piece in
                ChatDelta(toolCalls: [ToolCallDelta(index: index, function: FunctionCallDelta(arguments: piece))])
            }
        }
        return deltas
    }

    private func chunk(_ delta: ChatDelta, finishReason: String? = nil) -> ChatCompletionChunk {
        let choice = ChatChunkChoice(
            delta: delta, finishReason: finishReason, additionalFields: Self.choiceNulls(finishReason))
        return ChatCompletionChunk(id: id, created: created, model: model, choices: [choice])
    }

    /// The members of a choice that are there even without a value.
    private static func choiceNulls(_ finishReason: String?) -> [String: JSONValue] {
        finishReason == nil ? ["finish_reason": .null, "logprobs": .null] : ["logprobs": .null]
    }

    /// The words of a text, each with the white space behind it; joined they are the text.
    package static func words(of text: String) -> [String] {
        var words: [String] = []
        var word = ""
        var hasLetter = false
        for character in text {
            if !character.isWhitespace {
                // White space at the start belongs to the first word.
                if hasLetter, word.last?.isWhitespace == true {
                    words.append(word)
                    word = ""
                }
                hasLetter = true
            }
            word.append(character)
        }
        if !word.isEmpty { words.append(word) }
        return words
    }
}
