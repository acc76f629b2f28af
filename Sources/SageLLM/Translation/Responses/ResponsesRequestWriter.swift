/// Writes a request for a response.
///
/// No provider is asked so today: OpenAI's chats can say all of it. It makes the format a full partner of the others.
enum ResponsesRequestWriter {
    static func write(_ request: inout NeutralRequest) throws(TranslationError) -> JSONValue {
        var object: JSONObject = ["model": .string(request.model)]
        let instructions = try request.system.reduceTexts("system")
        if !instructions.isEmpty { object.set("instructions", instructions) }
        var input: [JSONValue] = []
        for message in request.messages { try write(message, to: &input, &request) }
        object["input"] = .array(input)
        if !request.tools.isEmpty { object["tools"] = .array(request.tools.map(tool)) }
        switch request.toolChoice {
        case nil: break
        case .auto?: object["tool_choice"] = "auto"
        case NeutralToolChoice.none?: object["tool_choice"] = "none"
        case .required?: object["tool_choice"] = "required"
        case .tool(let name)?: object["tool_choice"] = ["type": "function", "name": .string(name)]
        }
        object.set("parallel_tool_calls", request.allowsParallelToolCalls)
        if let format = format(request.responseFormat) { object["text"] = ["format": format] }
        if let reasoning = reasoning(&request) { object["reasoning"] = reasoning }
        object.set("max_output_tokens", request.maxTokens)
        object.set("temperature", request.temperature)
        object.set("top_p", request.topP)
        object.set("safety_identifier", request.user)
        if request.isStream { object["stream"] = true }
        object["store"] = false
        guard request.choices == 1 else {
            throw TranslationError("is \(request.choices); Responses answer once", parameter: "n")
        }
        guard request.stopSequences.isEmpty else {
            throw TranslationError("cannot be said to Responses", parameter: "stop")
        }
        if request.topK != nil { request.drop("top_k") }
        if request.seed != nil { request.drop("seed") }
        if request.frequencyPenalty != nil { request.drop("frequency_penalty") }
        if request.presencePenalty != nil { request.drop("presence_penalty") }
        return .object(object)
    }

    private static func write(
        _ message: NeutralMessage, to input: inout [JSONValue], _ request: inout NeutralRequest
    ) throws(TranslationError) {
        var content: [JSONValue] = []
        func endMessage() {
            guard !content.isEmpty else { return }
            input.append([
                "type": "message", "role": message.role == .user ? "user" : "assistant", "content": .array(content),
            ])
            content = []
        }
        for part in message.parts {
            switch part {
            case .text(let text) where message.role == .assistant:
                content.append(ResponsesContentPart.output(text))
            case .refusal(let text):
                content.append(ResponsesContentPart.refusal(text))
            case .toolCall(let call):
                endMessage()
                input.append([
                    "type": "function_call", "call_id": .string(call.id), "name": .string(call.name),
                    "arguments": .string(call.arguments),
                ])
            case .toolResult(let result):
                endMessage()
                input.append([
                    "type": "function_call_output", "call_id": .string(result.callID),
                    "output": .array(result.parts.compactMap(ResponsesContentPart.input)),
                ])
            case .thinking: request.drop("thinking")
            case .redactedThinking: request.drop("redacted_thinking")
            default:
                guard let part = ResponsesContentPart.input(part) else {
                    throw TranslationError("has a part that Responses cannot take", parameter: message.path)
                }
                content.append(part)
            }
        }
        endMessage()
    }

    private static func tool(_ tool: NeutralTool) -> JSONValue {
        var object: JSONObject = ["type": "function", "name": .string(tool.name)]
        object.set("description", tool.description)
        object["parameters"] = tool.parameters ?? ["type": "object", "properties": [:]]
        object["strict"] = .bool(tool.isStrict ?? false)
        return .object(object)
    }

    private static func format(_ format: NeutralResponseFormat?) -> JSONValue? {
        switch format {
        case nil: return nil
        case .text?: return ["type": "text"]
        case .jsonObject?: return ["type": "json_object"]
        case .jsonSchema(let name, let schema, let isStrict)?:
            var object: JSONObject = [
                "type": "json_schema", "name": .string(name ?? "answer"), "schema": schema,
            ]
            object.set("strict", isStrict)
            return .object(object)
        }
    }

    private static func reasoning(_ request: inout NeutralRequest) -> JSONValue? {
        var object = JSONObject()
        switch request.reasoning {
        case nil, .adaptive?: break
        case .disabled?: object["effort"] = "none"
        case .effort(let word)?: object.set("effort", word)
        case .budget(let tokens)?:
            object["effort"] = tokens < 4_096 ? "low" : tokens < 16_384 ? "medium" : "high"
        }
        if request.includesThoughts == true { object["summary"] = "auto" }
        return object.isEmpty ? nil : .object(object)
    }
}

extension [NeutralPart] {
    /// The texts, told apart by empty lines.
    fileprivate func reduceTexts(_ field: String) throws(TranslationError) -> String {
        var texts: [String] = []
        for part in self {
            guard case .text(let text) = part else {
                throw TranslationError("can hold only text", parameter: field)
            }
            texts.append(text)
        }
        return texts.joined(separator: "\n\n")
    }
}
