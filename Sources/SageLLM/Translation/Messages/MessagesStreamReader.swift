/// Reads a stream of Anthropic's messages.
struct MessagesStreamReader: ChatStreamReader {
    private enum Block {
        case text, thinking
        case call(Int)
        /// Of a tool that runs at Anthropic, or of a kind that is not known.
        case other
    }

    /// The most blocks that are open at once; Anthropic has one.
    private static let maximumOpenBlocks = 1_024

    private var blocks: [Int: Block] = [:]
    private var callCount = 0

    mutating func read(_ data: JSONValue, event: String?) throws(TranslationError) -> [NeutralStreamEvent] {
        let fields = try WireObject(data)
        switch try fields.string("type") ?? event {
        case "message_start": return try readStart(fields)
        case "content_block_start": return try readBlockStart(fields)
        case "content_block_delta": return try readDelta(fields)
        case "content_block_stop":
            if let index = try fields.integer("index", 0...Int.max) { blocks[index] = nil }
            return []
        case "message_delta": return try readEnd(fields)
        default: return []
        }
    }

    private func readStart(_ fields: WireObject) throws(TranslationError) -> [NeutralStreamEvent] {
        let message = try fields.requiredObject("message")
        let start = NeutralStreamEvent.start(
            id: try message.string("id") ?? "", model: try message.string("model") ?? "")
        return [start] + usage(message)
    }

    private func usage(_ fields: WireObject) -> [NeutralStreamEvent] {
        var usage = MessagesUsage()
        usage.read(fields.value("usage"))
        guard var counts = usage.counts else { return [] }
        // A count of one event and one of another make no total.
        if counts.prompt == nil || counts.completion == nil { counts.total = nil }
        return [.usage(counts)]
    }

    private mutating func readBlockStart(_ fields: WireObject) throws(TranslationError) -> [NeutralStreamEvent] {
        let index = try fields.integer("index", 0...Int.max) ?? 0
        guard blocks.count < Self.maximumOpenBlocks else {
            throw TranslationError("more than \(Self.maximumOpenBlocks) blocks are open")
        }
        let block = try fields.requiredObject("content_block")
        switch try block.requiredString("type") {
        case "text":
            blocks[index] = .text
            let text = try block.string("text") ?? ""
            return text.isEmpty ? [] : [.text(text, choice: 0)]
        case "thinking":
            blocks[index] = .thinking
            let text = try block.string("thinking") ?? ""
            return text.isEmpty ? [] : [.thinking(text, choice: 0)]
        case "redacted_thinking":
            blocks[index] = .other
            return [.redactedThinking(try block.requiredString("data"), choice: 0)]
        case "tool_use":
            blocks[index] = .call(callCount)
            callCount += 1
            let start = NeutralStreamEvent.toolCallStart(
                id: try block.requiredString("id"), name: try block.requiredString("name"), index: callCount - 1,
                choice: 0)
            // Anthropic begins with an empty object; others may have all of it.
            guard let input = try block.object("input")?.members, !input.isEmpty else { return [start] }
            let arguments = ToolArguments.text(.object(input))
            return [start, .toolCallArguments(arguments, index: callCount - 1, choice: 0)]
        default:
            blocks[index] = .other
            return []
        }
    }

    private func readDelta(_ fields: WireObject) throws(TranslationError) -> [NeutralStreamEvent] {
        let index = try fields.integer("index", 0...Int.max) ?? 0
        let delta = try fields.requiredObject("delta")
        let type = try delta.requiredString("type")
        switch (type, blocks[index]) {
        case ("text_delta", .text), ("text_delta", nil):
            let text = try delta.string("text") ?? ""
            return text.isEmpty ? [] : [.text(text, choice: 0)]
        case ("thinking_delta", .thinking), ("thinking_delta", nil):
            let text = try delta.string("thinking") ?? ""
            return text.isEmpty ? [] : [.thinking(text, choice: 0)]
        case ("signature_delta", .thinking), ("signature_delta", nil):
            guard let signature = ForeignThinking.signature(try delta.string("signature") ?? "") else { return [] }
            return [.thinkingSignature(signature, choice: 0)]
        case ("input_json_delta", .call(let call)):
            let text = try delta.string("partial_json") ?? ""
            return text.isEmpty ? [] : [.toolCallArguments(text, index: call, choice: 0)]
        default:
            return []
        }
    }

    private func readEnd(_ fields: WireObject) throws(TranslationError) -> [NeutralStreamEvent] {
        var events: [NeutralStreamEvent] = []
        if let delta = try fields.object("delta"), let word = try delta.string("stop_reason") {
            let reason = MessagesReplyReader.stopReason(word)
            if reason == .refusal, let text = MessagesReplyReader.explanation(delta.value("stop_details")) {
                events.append(.refusal(text, choice: 0))
            }
            events.append(.finish(reason, stopSequence: try delta.string("stop_sequence"), choice: 0))
        }
        return events + usage(fields)
    }
}
