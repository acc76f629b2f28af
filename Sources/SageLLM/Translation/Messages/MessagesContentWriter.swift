/// Writes the messages of a request for a message: user and assistant in turns, the user first, no block empty.
enum MessagesContentWriter {
    /// What the user says where a conversation begins with the assistant, since Anthropic wants the user to begin.
    static let opening = "Please begin."

    static func messages(_ request: inout NeutralRequest) throws(TranslationError) -> [JSONValue] {
        var turns: [(role: NeutralMessage.Role, blocks: [JSONValue])] = []
        for message in request.messages {
            let blocks = try self.blocks(message, &request)
            guard !blocks.isEmpty else { continue }
            if turns.last?.role == message.role {
                turns[turns.count - 1].blocks += blocks
            } else {
                turns.append((message.role, blocks))
            }
        }
        guard !turns.isEmpty else {
            throw TranslationError("Anthropic wants at least one message that is not empty", parameter: "messages")
        }
        if turns[0].role == .assistant { turns.insert((.user, [text(opening)]), at: 0) }
        trimEnd(&turns)
        return turns.map { turn in
            // Results stand before everything else that the user says.
            let blocks =
                turn.role == .user ? turn.blocks.filter(isResult) + turn.blocks.filter { !isResult($0) } : turn.blocks
            let isPlain = blocks.count == 1 && blocks[0]["type"] == "text"
            return [
                "role": turn.role == .user ? "user" : "assistant",
                "content": isPlain ? blocks[0]["text"] ?? .array(blocks) : .array(blocks),
            ]
        }
    }

    private static func isResult(_ block: JSONValue) -> Bool { block["type"] == "tool_result" }

    private static func text(_ text: String) -> JSONValue { ["type": "text", "text": .string(text)] }

    /// Anthropic refuses a last word of the assistant that ends with white space.
    private static func trimEnd(_ turns: inout [(role: NeutralMessage.Role, blocks: [JSONValue])]) {
        guard let turn = turns.last, turn.role == .assistant, let last = turn.blocks.last,
            let words = last["text"]?.stringValue, words.last?.isWhitespace == true
        else { return }
        var trimmed = words[...]
        while trimmed.last?.isWhitespace == true { trimmed.removeLast() }
        turns[turns.count - 1].blocks[turn.blocks.count - 1] = text(String(trimmed))
    }

    private static func blocks(
        _ message: NeutralMessage, _ request: inout NeutralRequest
    ) throws(TranslationError) -> [JSONValue] {
        var blocks: [JSONValue] = []
        for part in message.parts {
            switch (part, message.role) {
            case (.thinking(let thought, let signature?), .assistant) where !ThoughtSignature.isGemini(signature):
                blocks.append(ChatThinking.block(thought, signature: signature))
            case (.thinking, .assistant):
                // Anthropic takes back only what it has signed.
                request.drop("reasoning_content")
            case (.redactedThinking(let data), .assistant):
                blocks.append(ChatThinking.redactedBlock(data))
            case (.toolCall(let call), .assistant):
                blocks.append(toolUse(call))
            case (.refusal(let reason), _):
                if !reason.isBlank { blocks.append(text(reason)) }
            case (.toolResult(let result), .user):
                blocks.append(try toolResult(result, message.path))
            case (.image, .assistant), (.document, .assistant):
                throw TranslationError(
                    "Anthropic takes text and tool calls from an assistant only", parameter: "\(message.path).content")
            default:
                if let block = try content(part, message.path) { blocks.append(block) }
            }
        }
        return blocks
    }

    private static func toolUse(_ call: NeutralToolCall) -> JSONValue {
        [
            "type": "tool_use", "id": .string(ToolIdentifier.anthropic(call.id)), "name": .string(call.name),
            "input": ToolArguments.object(call.arguments),
        ]
    }

    private static func toolResult(_ result: NeutralToolResult, _ path: String) throws(TranslationError) -> JSONValue {
        var blocks: [JSONValue] = []
        for part in result.parts {
            if let block = try content(part, path) { blocks.append(block) }
        }
        var json: JSONObject = [
            "type": "tool_result", "tool_use_id": .string(ToolIdentifier.anthropic(result.callID)),
        ]
        if blocks.count == 1, let text = blocks[0]["text"] {
            json["content"] = text
        } else if !blocks.isEmpty {
            json["content"] = .array(blocks)
        }
        if result.isError { json["is_error"] = true }
        return .object(json)
    }

    /// A block of text, an image or a document; nil for a text without words, which Anthropic refuses.
    private static func content(_ part: NeutralPart, _ path: String) throws(TranslationError) -> JSONValue? {
        switch part {
        case .text(let text):
            guard !text.isBlank else { return nil }
            return self.text(text)
        case .image(let media): return try MessagesSourceWriter.image(media, path)
        case .document(let media, let name): return try MessagesSourceWriter.document(media, name, path)
        case .audio:
            throw TranslationError(
                "Anthropic takes no audio; text, images and documents can be carried over",
                parameter: "\(path).content")
        case .toolCall, .toolResult, .thinking, .redactedThinking, .refusal:
            throw TranslationError("only text, images and documents can stand here", parameter: "\(path).content")
        }
    }
}
