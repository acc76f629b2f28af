/// Reads content blocks of a request for a message.
enum MessagesBlockReader {
    /// A text, or blocks.
    static func parts(
        _ fields: WireObject, _ key: String, _ request: inout NeutralRequest
    ) throws(TranslationError) -> [NeutralPart] {
        switch fields.value(key) {
        case nil: return []
        case .string(let text): return text.isEmpty ? [] : [.text(text)]
        case .array:
            var parts: [NeutralPart] = []
            for block in try fields.objects(key) ?? [] { try read(block, into: &parts, &request) }
            return parts
        case let other?:
            throw fields.invalid(key, "a string or an array of blocks is expected, found \(other.kind)")
        }
    }

    private static func read(
        _ block: WireObject, into parts: inout [NeutralPart], _ request: inout NeutralRequest
    ) throws(TranslationError) {
        if block.value("cache_control") != nil { request.drop("cache_control") }
        if let citations = block.value("citations"), citations != [] { request.drop("citations") }
        let type = try block.requiredString("type")
        switch type {
        case "text":
            guard let text = try block.string("text") else { throw block.invalid("text", "a string is required") }
            parts.append(.text(text))
        case "image":
            parts.append(.image(try MessagesSourceReader.image(try block.requiredObject("source"))))
        case "document":
            if block.value("context") != nil { request.drop("document.context") }
            try MessagesSourceReader.readDocument(block, into: &parts, &request)
        case "search_result":
            let texts = [try block.string("title") ?? "", try block.string("source") ?? ""].filter { !$0.isEmpty }
            parts.append(.text(texts.joined(separator: "\n")))
            parts += try self.parts(block, "content", &request)
        case "tool_use":
            let input = JSONValue.object(try block.object("input")?.members ?? [:])
            parts.append(
                .toolCall(
                    NeutralToolCall(
                        id: try block.requiredString("id"), name: try block.requiredString("name"),
                        arguments: ToolArguments.text(input))))
        case "tool_result":
            parts.append(
                .toolResult(
                    NeutralToolResult(
                        callID: try block.requiredString("tool_use_id"),
                        parts: try self.parts(block, "content", &request),
                        isError: try block.bool("is_error") ?? false)))
        case "thinking":
            parts.append(
                .thinking(
                    try block.string("thinking") ?? "",
                    signature: ForeignThinking.signature(try block.string("signature") ?? "")))
        case "redacted_thinking":
            parts.append(.redactedThinking(try block.requiredString("data")))
        default:
            throw block.unknown(
                "type", type,
                allowed: "text, image, document, search_result, tool_use, tool_result, thinking or redacted_thinking")
        }
    }
}
