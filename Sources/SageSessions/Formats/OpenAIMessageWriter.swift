/// Writes messages of Chat Completions.
enum OpenAIMessageWriter {
    /// The messages that one becomes: each result is one of its own.
    ///
    /// Thoughts and what only other protocols know is left out; Chat Completions has no place for it.
    static func write(_ message: Message) -> [JSONNode] {
        if message.role == .tool || !message.toolResults.isEmpty {
            let results = message.toolResults.map { result in
                JSONNode.object([
                    JSONField("role", .string("tool")), JSONField("tool_call_id", .string(result.callID)),
                    JSONField("content", .string(result.text)),
                ])
            }
            let content = content(message)
            guard message.role != .tool, !content.isNull else { return results }
            return results + [
                .object([JSONField("role", .string(message.role.rawValue)), JSONField("content", content)])
            ]
        }
        var fields = [JSONField("role", .string(message.role.rawValue))]
        if let name = message.name { fields.append(JSONField("name", .string(name))) }
        let calls = message.toolCalls
        let content = content(message)
        fields.append(JSONField("content", content.isNull && calls.isEmpty ? .string("") : content))
        if !calls.isEmpty { fields.append(JSONField("tool_calls", .array(calls.map(call)))) }
        return [.object(fields)]
    }

    private static func call(_ call: ToolCall) -> JSONNode {
        .object([
            JSONField("id", .string(call.id)), JSONField("type", .string("function")),
            JSONField(
                "function",
                .object([JSONField("name", .string(call.name)), JSONField("arguments", .string(call.arguments))])),
        ])
    }

    private static func content(_ message: Message) -> JSONNode {
        var parts: [JSONNode] = []
        for part in message.parts {
            switch part {
            case .text(let text):
                parts.append(.object([JSONField("type", .string("text")), JSONField("text", .string(text))]))
            case .image(let image):
                parts.append(
                    .object([
                        JSONField("type", .string("image_url")),
                        JSONField("image_url", .object([JSONField("url", .string(image.url))])),
                    ]))
            case .raw("openai", let json): parts.append(json.node)
            case .raw, .thinking, .toolCall, .toolResult: break
            }
        }
        if parts.isEmpty { return .null }
        if parts.count == 1, let text = parts[0]["text"], parts[0]["type"]?.stringValue == "text" { return text }
        return .array(parts)
    }
}
