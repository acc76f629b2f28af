/// Reads the messages of a request for a chat completion.
enum ChatMessageReader {
    static func read(
        _ message: WireObject, _ position: Int, _ request: inout NeutralRequest
    ) throws(TranslationError) {
        let role = try message.requiredString("role")
        if message.value("name") != nil { request.drop("messages[].name") }
        switch role {
        case "system", "developer":
            request.system += try ChatPartReader.parts(message, &request)
        case "user":
            let parts = try ChatPartReader.parts(message, &request)
            request.messages.append(NeutralMessage(.user, parts, position: position))
        case "assistant":
            let parts = try assistantParts(message, &request)
            request.messages.append(NeutralMessage(.assistant, parts, position: position))
        case "tool":
            let result = NeutralToolResult(
                callID: try message.requiredString("tool_call_id"), parts: try ChatPartReader.parts(message, &request))
            request.messages.append(NeutralMessage(.user, [.toolResult(result)], position: position))
        default:
            throw message.unknown("role", role, allowed: "system, developer, user, assistant or tool")
        }
    }

    private static func assistantParts(
        _ message: WireObject, _ request: inout NeutralRequest
    ) throws(TranslationError) -> [NeutralPart] {
        for key in ["function_call", "audio"] where message.value(key) != nil {
            throw message.invalid(key, "it cannot be carried over to another provider; text and tool_calls can be")
        }
        var parts = try ChatThinking.parts(message)
        parts += try ChatPartReader.parts(message, &request)
        if let refusal = try message.string("refusal"), !refusal.isEmpty { parts.append(.refusal(refusal)) }
        for call in try message.objects("tool_calls") ?? [] { parts.append(.toolCall(try toolCall(call))) }
        return parts
    }

    private static func toolCall(_ call: WireObject) throws(TranslationError) -> NeutralToolCall {
        let type = try call.string("type") ?? "function"
        guard type == "function" else { throw call.unknown("type", type, allowed: "function") }
        let function = try call.requiredObject("function")
        return NeutralToolCall(
            id: try call.requiredString("id"), name: try function.requiredString("name"),
            arguments: try function.string("arguments") ?? "", signature: ChatThinking.signature(call))
    }
}
