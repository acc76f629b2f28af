/// Writes a request for a chat completion.
enum ChatRequestWriter {
    /// The most stop sequences that OpenAI takes.
    static let maximumStopSequences = 4
    /// The longest name of a function that OpenAI takes.
    static let maximumNameBytes = 64
    /// The longest name of a user that OpenAI takes.
    static let maximumUserBytes = 64

    static func write(_ request: inout NeutralRequest) throws(TranslationError) -> JSONValue {
        let isOpenAI = isOpenAIModel(request.model)
        var object = JSONObject()
        object["model"] = .string(request.model)
        object["messages"] = .array(try ChatMessageWriter.messages(&request, showsThinking: !isOpenAI))
        if request.isStream {
            object["stream"] = true
            if request.includesUsage { object["stream_options"] = ["include_usage": true] }
        }
        try writeTools(&request, to: &object)
        // Models that reason take the new name only, most compatible services the old one only.
        object.set(isOpenAI ? "max_completion_tokens" : "max_tokens", request.maxTokens)
        object.set("temperature", request.temperature)
        object.set("top_p", request.topP)
        if request.topK != nil { request.drop("top_k") }
        object.set("frequency_penalty", request.frequencyPenalty)
        object.set("presence_penalty", request.presencePenalty)
        object.set("seed", request.seed)
        if request.choices > 1 { object.set("n", request.choices) }
        guard request.stopSequences.count <= maximumStopSequences else {
            throw TranslationError(
                "OpenAI takes at most \(maximumStopSequences) of them, found \(request.stopSequences.count)",
                parameter: "stop_sequences")
        }
        if !request.stopSequences.isEmpty { object["stop"] = .array(request.stopSequences.map(JSONValue.string)) }
        if let user = request.user {
            if user.utf8.count <= maximumUserBytes { object.set("user", user) } else { request.drop("user") }
        }
        writeReasoning(&request, to: &object)
        object.set("response_format", responseFormat(request.responseFormat))
        return .object(object)
    }

    /// Whether a model is one of OpenAI's own by its name, with or without the prefix of a router.
    static func isOpenAIModel(_ model: String) -> Bool {
        let name = model.lowercased().split(separator: "/").last ?? ""
        if name.hasPrefix("gpt-oss") { return false }
        return ["gpt-", "chatgpt-", "o1", "o3", "o4"].contains(where: name.hasPrefix)
    }

    private static func writeTools(
        _ request: inout NeutralRequest, to object: inout JSONObject
    ) throws(TranslationError) {
        guard !request.tools.isEmpty else {
            // OpenAI refuses both without tools.
            if let choice = request.toolChoice, choice != .none, choice != .auto { request.drop("tool_choice") }
            return
        }
        var tools: [JSONValue] = []
        for (index, tool) in request.tools.enumerated() {
            guard tool.name.utf8.count <= maximumNameBytes else {
                throw TranslationError(
                    "OpenAI takes names of at most \(maximumNameBytes) characters, found \(tool.name.utf8.count)",
                    parameter: "tools[\(index)].name")
            }
            var function = JSONObject()
            function["name"] = .string(tool.name)
            function.set("description", tool.description)
            function.set("parameters", tool.parameters)
            if tool.isStrict == true, !SchemaRules.isStrict(tool.parameters ?? [:]) {
                request.drop("tools[].strict")
            } else {
                function.set("strict", tool.isStrict)
            }
            tools.append(["type": "function", "function": .object(function)])
        }
        object["tools"] = .array(tools)
        switch request.toolChoice {
        case nil: break
        case .auto?: object["tool_choice"] = "auto"
        case .some(.none): object["tool_choice"] = "none"
        case .required?: object["tool_choice"] = "required"
        case .tool(let name)?:
            object["tool_choice"] = ["type": "function", "function": ["name": .string(name)]]
        }
        object.set("parallel_tool_calls", request.allowsParallelToolCalls)
    }

    private static func writeReasoning(_ request: inout NeutralRequest, to object: inout JSONObject) {
        switch request.reasoning {
        // The model's own choice is what OpenAI's models do unless told otherwise.
        case nil, .adaptive?: break
        // `none` is refused by most models, and those that cannot think need not be told.
        case .disabled?: request.drop("thinking")
        case .effort(let word)?: object["reasoning_effort"] = .string(word)
        case .budget(let tokens)?:
            object["reasoning_effort"] = tokens <= 2_048 ? "low" : tokens <= 8_192 ? "medium" : "high"
        }
    }

    private static func responseFormat(_ format: NeutralResponseFormat?) -> JSONValue? {
        switch format {
        case nil: return nil
        case .text?: return ["type": "text"]
        case .jsonObject?: return ["type": "json_object"]
        case .jsonSchema(let name, let schema, let isStrict)?:
            var wrapper = JSONObject()
            wrapper["name"] = .string(name ?? "response")
            wrapper["schema"] = schema
            // A format that knows no choice is always strict; OpenAI refuses a schema that it cannot be strict about.
            wrapper.set("strict", isStrict ?? (SchemaRules.isStrict(schema) ? true : nil))
            return ["type": "json_schema", "json_schema": .object(wrapper)]
        }
    }
}
