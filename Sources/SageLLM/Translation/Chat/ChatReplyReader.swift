/// Reads a chat completion.
enum ChatReplyReader {
    static func read(_ json: JSONValue) throws(TranslationError) -> NeutralReply {
        let fields = try WireObject(json)
        let id = try fields.string("id") ?? ""
        guard let choices = try fields.objects("choices"), !choices.isEmpty else {
            throw fields.invalid("choices", "at least one is expected")
        }
        var reply = NeutralReply(
            id: id, model: try fields.string("model") ?? "", choices: [], usage: ChatUsage.read(fields.value("usage")))
        let indexed = choices.enumerated().sorted {
            ($0.element.value("index")?.intValue ?? $0.offset) < ($1.element.value("index")?.intValue ?? $1.offset)
        }
        for (position, choice) in indexed { reply.choices.append(try read(choice, id: id, position)) }
        return reply
    }

    private static func read(
        _ choice: WireObject, id: String, _ position: Int
    ) throws(TranslationError) -> NeutralReply.Choice {
        let message = try choice.requiredObject("message")
        var parts = try ChatThinking.parts(message)
        parts += try content(message)
        if let refusal = try message.string("refusal"), !refusal.isEmpty { parts.append(.refusal(refusal)) }
        var calls = 0
        for call in try message.objects("tool_calls") ?? [] {
            let function = try call.requiredObject("function")
            let callID = try call.string("id") ?? ""
            parts.append(
                .toolCall(
                    NeutralToolCall(
                        id: callID.isEmpty ? madeUpID(id, choice: position, call: calls) : callID,
                        name: try function.requiredString("name"), arguments: try arguments(function),
                        signature: ChatThinking.signature(call))))
            calls += 1
        }
        return NeutralReply.Choice(parts, stopReason(try choice.string("finish_reason"), hasCalls: calls > 0))
    }

    /// A text, or parts as some services write them.
    private static func content(_ message: WireObject) throws(TranslationError) -> [NeutralPart] {
        guard case .array = message.value("content") else {
            let text = try message.string("content") ?? ""
            return text.isEmpty ? [] : [.text(text)]
        }
        var parts: [NeutralPart] = []
        for part in try message.objects("content") ?? [] {
            if let text = part.value("text")?.stringValue, !text.isEmpty { parts.append(.text(text)) }
        }
        return parts
    }

    /// A text, or the object itself as some services write it.
    private static func arguments(_ function: WireObject) throws(TranslationError) -> String {
        if case .object(let object) = function.value("arguments") { return JSONValue.object(object).description }
        return try function.string("arguments") ?? ""
    }

    /// An id for a call of a service that gives none; unique to the answer.
    static func madeUpID(_ id: String, choice: Int, call: Int) -> String { "call_\(id)_\(choice)_\(call)" }

    /// Some services say `stop`, or nothing, although there are calls.
    static func stopReason(_ word: String?, hasCalls: Bool) -> NeutralStopReason {
        switch word {
        case nil, "stop", "": hasCalls ? .toolCalls : .stop
        case "length": .length
        case "tool_calls", "function_call": .toolCalls
        case "content_filter": .contentFilter
        case let other?: .other(other)
        }
    }
}
