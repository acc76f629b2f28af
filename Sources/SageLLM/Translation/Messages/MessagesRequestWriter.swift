/// Writes a request for a message.
enum MessagesRequestWriter {
    static func write(_ request: inout NeutralRequest) throws(TranslationError) -> JSONValue {
        guard request.choices == 1 else {
            throw TranslationError("Anthropic answers with one choice, found \(request.choices)", parameter: "n")
        }
        sayPromptsIfAlone(&request)
        let thinking = MessagesThinkingPlan(&request)
        var object = JSONObject()
        object["model"] = .string(request.model)
        object["max_tokens"] = .integer(Int64(thinking.maxTokens))
        object.set("system", try system(request))
        object["messages"] = .array(try MessagesContentWriter.messages(&request))
        if request.isStream { object["stream"] = true }
        try writeTools(&request, to: &object)
        writeSampling(&request, isThinking: thinking.isThinking, to: &object)
        writeStopSequences(&request, to: &object)
        object.set("thinking", thinking.json)
        object.set("output_config", outputConfig(request.responseFormat, effort: thinking.effort))
        if let user = request.user, !user.isEmpty { object["metadata"] = ["user_id": .string(user)] }
        for (name, value) in [
            ("frequency_penalty", request.frequencyPenalty), ("presence_penalty", request.presencePenalty),
        ] where value ?? 0 != 0 { request.drop(name) }
        if request.seed != nil { request.drop("seed") }
        return .object(object)
    }

    /// Anthropic wants a message; a conversation that has only prompts is one in which the user says them.
    private static func sayPromptsIfAlone(_ request: inout NeutralRequest) {
        guard request.messages.isEmpty else { return }
        request.messages = [NeutralMessage(.user, request.system)]
        request.system = []
    }

    private static func system(_ request: NeutralRequest) throws(TranslationError) -> JSONValue? {
        var texts: [String] = []
        for part in request.system {
            guard case .text(let text) = part else {
                throw TranslationError("Anthropic takes text only in system prompts", parameter: "messages")
            }
            if !text.isBlank { texts.append(text) }
        }
        if request.responseFormat == .jsonObject {
            texts.append("Answer with one JSON object and nothing else.")
        }
        guard !texts.isEmpty else { return nil }
        return texts.count == 1 ? .string(texts[0]) : .array(texts.map { ["type": "text", "text": .string($0)] })
    }

    private static func writeTools(
        _ request: inout NeutralRequest, to object: inout JSONObject
    ) throws(TranslationError) {
        guard !request.tools.isEmpty else {
            if let choice = request.toolChoice, choice != .none, choice != .auto { request.drop("tool_choice") }
            return
        }
        object["tools"] = .array(
            request.tools.map { tool in
                var json = JSONObject()
                json["name"] = .string(tool.name)
                json.set("description", tool.description)
                let schema = SchemaRules.parameters(tool.parameters)
                json["input_schema"] = tool.isStrict == true ? SchemaRules.closed(schema) : schema
                if tool.isStrict == true { json["strict"] = true }
                return .object(json)
            })
        var choice: JSONObject
        switch request.toolChoice {
        case nil:
            guard request.allowsParallelToolCalls == false else { return }
            choice = ["type": "auto"]
        case .auto?: choice = ["type": "auto"]
        case .required?: choice = ["type": "any"]
        case .tool(let name)?: choice = ["type": "tool", "name": .string(name)]
        case .some(.none):
            object["tool_choice"] = ["type": "none"]
            return
        }
        if let isAllowed = request.allowsParallelToolCalls { choice["disable_parallel_tool_use"] = .bool(!isAllowed) }
        object["tool_choice"] = .object(choice)
    }

    /// Writes what the model takes of temperature, top_p and top_k.
    ///
    /// Anthropic's temperatures end at 1. Models take no two of temperature and top_p, newer ones none at all, and one
    /// that thinks hardly any.
    private static func writeSampling(_ request: inout NeutralRequest, isThinking: Bool, to object: inout JSONObject) {
        let isTunable = ClaudeModel(request.model).isTunable
        if let temperature = request.temperature {
            if isTunable, !isThinking || temperature == 1 {
                object.set("temperature", min(temperature, 1))
            } else {
                request.drop("temperature")
            }
        }
        if let topP = request.topP {
            if isTunable, request.temperature == nil, !isThinking || topP >= 0.95 {
                object.set("top_p", topP)
            } else {
                request.drop("top_p")
            }
        }
        if let topK = request.topK {
            if isTunable, !isThinking { object.set("top_k", topK) } else { request.drop("top_k") }
        }
    }

    /// Anthropic refuses sequences of nothing but white space.
    private static func writeStopSequences(_ request: inout NeutralRequest, to object: inout JSONObject) {
        let sequences = request.stopSequences.filter { !$0.isBlank }
        if sequences.count < request.stopSequences.count { request.drop("stop") }
        if !sequences.isEmpty { object["stop_sequences"] = .array(sequences.map(JSONValue.string)) }
    }

    private static func outputConfig(_ format: NeutralResponseFormat?, effort: String?) -> JSONValue? {
        var config = JSONObject()
        config.set("effort", effort)
        if case .jsonSchema(_, let schema, _) = format {
            config["format"] = ["type": "json_schema", "schema": SchemaRules.closed(schema)]
        }
        guard !config.isEmpty else { return nil }
        return .object(config)
    }
}

extension String {
    /// Whether there is nothing but white space.
    var isBlank: Bool { allSatisfy(\.isWhitespace) }
}
