/// Messages of Anthropic's Messages.
enum AnthropicMessages {
    static func read(_ bytes: [UInt8], limits: ImportLimits) throws(FormatError) -> ImportedConversation {
        var collector = ImportCollector(.anthropic, limits: limits)
        let document = try collector.parse(bytes)
        guard let messages = document.arrayValue ?? document["messages"]?.arrayValue else {
            throw FormatError(
                .anthropic, field: document.objectValue == nil ? "" : "messages",
                found: document.objectValue == nil ? document.kind : document["messages"]?.kind ?? "missing",
                allowed: "an array of messages, or an object with one as messages")
        }
        let extra = document.arrayValue == nil ? document.replacing(["messages": .null, "system": .null]) : .null
        collector.add(extra: extra)
        if let system = document["system"], !system.isNull {
            var message = try located("system", .anthropic) { () throws(PayloadError) in
                Message(role: .system, parts: try AnthropicMessageReader.parts(system))
            }
            MessageEnvelope.seal(
                &message, original: system, written: [AnthropicMessageWriter.content(message)], .anthropic)
            try collector.add(message, field: "system")
        }
        for (index, node) in messages.enumerated() {
            let field = "messages[\(index)]"
            var message = try located(field, .anthropic) { () throws(PayloadError) in
                try AnthropicMessageReader.read(node)
            }
            MessageEnvelope.seal(&message, original: node, written: [AnthropicMessageWriter.write(message)], .anthropic)
            try collector.add(message, field: field)
        }
        return ImportedConversation(entries: collector.entries, report: collector.report)
    }

    static func located<Value>(
        _ field: String, _ format: ConversationFormat, line: Int? = nil, _ body: () throws(PayloadError) -> Value
    ) throws(FormatError) -> Value {
        do throws(PayloadError) {
            return try body()
        } catch {
            let error = error.nested(in: field)
            throw FormatError(format, line: line, field: error.field, found: error.found, allowed: error.allowed)
        }
    }

    /// Whether a message has blocks that Chat Completions does not have.
    static func hasOwnBlocks(_ message: JSONNode) -> Bool {
        guard let blocks = message["content"]?.arrayValue else { return false }
        let own = ["tool_use", "tool_result", "thinking", "redacted_thinking", "image", "document"]
        return blocks.contains { own.contains($0["type"]?.stringValue ?? "") }
    }
}
