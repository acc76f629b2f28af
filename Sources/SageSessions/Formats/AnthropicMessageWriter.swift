/// Writes messages of Anthropic's Messages.
enum AnthropicMessageWriter {
    static func write(_ message: Message) -> JSONNode {
        let role = message.role == .assistant ? "assistant" : "user"
        return .object([JSONField("role", .string(role)), JSONField("content", content(message))])
    }

    /// A string if there is one text and nothing else, else blocks.
    static func content(_ message: Message) -> JSONNode {
        if case .text(let text) = message.parts.first, message.parts.count == 1 { return .string(text) }
        let blocks = message.parts.compactMap(block)
        return blocks.isEmpty ? .string("") : .array(blocks)
    }

    static func block(_ part: MessagePart) -> JSONNode? {
        switch part {
        case .text(let text): .object([JSONField("type", .string("text")), JSONField("text", .string(text))])
        case .image(let image): .object([JSONField("type", .string("image")), JSONField("source", source(image))])
        case .thinking(let text, let signature):
            .object(
                [JSONField("type", .string("thinking")), JSONField("thinking", .string(text))]
                    + (signature.map { [JSONField("signature", .string($0))] } ?? []))
        case .toolCall(let call):
            .object([
                JSONField("type", .string("tool_use")), JSONField("id", .string(call.id)),
                JSONField("name", .string(call.name)), JSONField("input", input(call.arguments)),
            ])
        case .toolResult(let result):
            .object(
                [
                    JSONField("type", .string("tool_result")), JSONField("tool_use_id", .string(result.callID)),
                    JSONField("content", .string(result.text)),
                ] + (result.isError ? [JSONField("is_error", .bool(true))] : []))
        case .raw("anthropic", let json): json.node
        case .raw: nil
        }
    }

    private static func input(_ arguments: String) -> JSONNode {
        if let node = try? JSONNode(parsing: [UInt8](arguments.utf8), limits: JSONLimits(maximumBytes: .max)),
            node.objectValue != nil
        {
            return node
        }
        return arguments.isBlank ? .object([]) : .object([JSONField("broken_arguments", .string(arguments))])
    }

    private static func source(_ image: ImagePart) -> JSONNode {
        switch image.source {
        case .data(let data):
            .object([
                JSONField("type", .string("base64")),
                JSONField("media_type", .string(image.mediaType ?? "application/octet-stream")),
                JSONField("data", .string(data)),
            ])
        case .url(let url): .object([JSONField("type", .string("url")), JSONField("url", .string(url))])
        }
    }
}
