/// Reads a client's `generateContent` request.
struct GeminiRequestReader {
    private var request = NeutralRequest(model: "")
    private var callIDs = GeminiCallIDs()

    mutating func read(_ json: JSONValue) throws(TranslationError) -> NeutralRequest {
        var fields = try FieldReader(json, spelling: .protobuf)
        // Its answers always report their tokens.
        request.includesUsage = true
        if let model = try fields.string("model") { request.model = model }
        guard !fields.contains("cachedContent") else {
            throw fields.error("only Gemini has the cached content; send the content itself", "cachedContent")
        }
        if var system = try fields.object("systemInstruction") {
            _ = try system.string("role")
            request.system = try readParts(&system, of: .user)
        }
        for content in try fields.objects("contents") { try readContent(content) }
        guard !request.messages.isEmpty else {
            throw fields.error("is missing; allowed is an array of at least one content", "contents")
        }
        for tool in try fields.objects("tools") { try readTool(tool) }
        if let config = try fields.object("toolConfig") { try readToolConfig(config) }
        if let config = try fields.object("generationConfig") { try readGenerationConfig(config) }
        fields.dropRest(from: &request)
        return request
    }

    // MARK: Contents

    private mutating func readContent(_ content: FieldReader) throws(TranslationError) {
        var content = content
        let role: NeutralMessage.Role
        switch try content.string("role") {
        case nil, "user", "function": role = .user
        case "model": role = .assistant
        case let other?: throw content.error("is \(other.debugDescription); allowed are user, model", "role")
        }
        let parts = try readParts(&content, of: role)
        if !parts.isEmpty { request.messages.append(NeutralMessage(role, parts)) }
    }

    private mutating func readParts(
        _ content: inout FieldReader, of role: NeutralMessage.Role
    ) throws(TranslationError) -> [NeutralPart] {
        var parts: [NeutralPart] = []
        for var part in try content.objects("parts") {
            if let read = try readPart(&part, of: role) { parts.append(read) }
            part.dropRest(from: &request)
        }
        content.dropRest(from: &request)
        return parts
    }

    private mutating func readPart(
        _ part: inout FieldReader, of role: NeutralMessage.Role
    ) throws(TranslationError) -> NeutralPart? {
        let isThought = try part.bool("thought") ?? false
        if let text = try part.string("text") {
            if isThought {
                return .thinking(text, signature: try part.string("thoughtSignature").map(ThoughtSignature.fromGemini))
            }
            return .text(text)
        }
        if var call = try part.object("functionCall") {
            let signature = try part.string("thoughtSignature").map(ThoughtSignature.fromGemini)
            return .toolCall(try readCall(&call, signature))
        }
        if var response = try part.object("functionResponse") {
            return .toolResult(try readResponse(&response))
        }
        if let media = try GeminiPart.readMedia(&part) {
            guard let neutral = GeminiPart.neutral(media) else {
                throw TranslationError(
                    "is a video; another provider takes images, audio and documents", parameter: part.path)
            }
            return neutral
        }
        for name in ["executableCode", "codeExecutionResult", "toolCall", "toolResponse"] where part.contains(name) {
            throw part.error("only Gemini's own tools make it; no other provider can read it", name)
        }
        return nil
    }

    private mutating func readCall(
        _ call: inout FieldReader, _ signature: String?
    ) throws(TranslationError) -> NeutralToolCall {
        let name = try call.required(try call.string("name"), "name", "the name of a function")
        let arguments = try call.jsonObject("args")?.description ?? "{}"
        let id = callIDs.call(name, id: try call.string("id"))
        call.dropRest(from: &request)
        return NeutralToolCall(id: id, name: name, arguments: arguments, signature: signature)
    }

    private mutating func readResponse(_ response: inout FieldReader) throws(TranslationError) -> NeutralToolResult {
        let name = try response.required(try response.string("name"), "name", "the name of a function")
        guard let id = callIDs.result(name, id: try response.string("id")) else {
            throw response.error("no functionCall of this name is without a response", "name")
        }
        let answer = try response.jsonObject("response") ?? .object(JSONObject())
        var (parts, isError) = Self.result(answer)
        for var part in try response.objects("parts") {
            guard let media = try GeminiPart.readMedia(&part).flatMap(GeminiPart.neutral) else {
                throw TranslationError("allowed are inlineData and fileData that is no video", parameter: part.path)
            }
            parts.append(media)
        }
        response.dropRest(from: &request)
        return NeutralToolResult(callID: id, name: name, parts: parts, isError: isError)
    }

    /// The text of a result: what stands alone under one of the names that Gemini suggests, else the whole object.
    private static func result(_ response: JSONValue) -> (parts: [NeutralPart], isError: Bool) {
        if let object = response.objectValue, object.count == 1, let member = object.first,
            ["output", "result", "error"].contains(member.key)
        {
            return ([.text(member.value.stringValue ?? member.value.description)], member.key == "error")
        }
        return ([.text(response.description)], false)
    }

    // MARK: Tools

    private mutating func readTool(_ tool: FieldReader) throws(TranslationError) {
        var tool = tool
        for var function in try tool.objects("functionDeclarations") {
            let name = try function.required(try function.string("name"), "name", "the name of a function")
            var neutral = NeutralTool(name: name, description: try function.string("description"))
            if let schema = function.value("parametersJsonSchema") {
                neutral.parameters = schema
            } else if let schema = function.value("parameters") {
                neutral.parameters = GeminiSchema.jsonSchema(schema)
            }
            request.tools.append(neutral)
            function.dropRest(from: &request)
        }
        guard let other = tool.rest.first else { return }
        throw TranslationError(
            "only Gemini has this tool; another provider can be given functionDeclarations", parameter: other)
    }

    private mutating func readToolConfig(_ config: FieldReader) throws(TranslationError) {
        var config = config
        defer { config.dropRest(from: &request) }
        guard var calling = try config.object("functionCallingConfig") else { return }
        let names = try calling.strings("allowedFunctionNames") ?? []
        switch try calling.string("mode")?.uppercased() {
        case nil, "MODE_UNSPECIFIED": break
        case "AUTO": request.toolChoice = .auto
        case "NONE": request.toolChoice = NeutralToolChoice.none
        case "VALIDATED":
            request.toolChoice = .auto
            request.drop(calling.path(of: "mode"))
        case "ANY":
            if names.count == 1 {
                request.toolChoice = .tool(names[0])
            } else {
                request.toolChoice = .required
                // What may not be called need not be offered.
                if !names.isEmpty { request.tools.removeAll { !names.contains($0.name) } }
            }
        case let other?:
            throw calling.error("is \(other.debugDescription); allowed are AUTO, ANY, NONE, VALIDATED", "mode")
        }
        calling.dropRest(from: &request)
    }

    // MARK: Generation

    private mutating func readGenerationConfig(_ config: FieldReader) throws(TranslationError) {
        var config = config
        request.temperature = try config.double("temperature")
        request.topP = try config.double("topP")
        request.topK = try config.double("topK").map { Int(min(max(0, $0), 1e9)) }
        request.maxTokens = try config.int("maxOutputTokens")
        request.stopSequences = try config.strings("stopSequences") ?? []
        request.seed = try config.int("seed")
        request.presencePenalty = try config.double("presencePenalty")
        request.frequencyPenalty = try config.double("frequencyPenalty")
        request.choices = try config.int("candidateCount") ?? 1
        guard (1...8).contains(request.choices) else {
            throw config.error("is \(request.choices); allowed are 1 to 8", "candidateCount")
        }
        try readResponseFormat(&config)
        for modality in try config.strings("responseModalities") ?? []
        where !["TEXT", "MODALITY_UNSPECIFIED"].contains(modality.uppercased()) {
            throw config.error(
                "is \(modality.debugDescription); another provider answers in TEXT only", "responseModalities")
        }
        guard !config.contains("responseFormat") else {
            throw config.error(
                "cannot be carried over; say it with responseMimeType and responseJsonSchema", "responseFormat")
        }
        guard !config.contains("speechConfig") else {
            throw config.error("only Gemini speaks; another provider answers in text", "speechConfig")
        }
        if var thinking = try config.object("thinkingConfig") {
            try readThinking(&thinking)
            thinking.dropRest(from: &request)
        }
        config.dropRest(from: &request)
    }

    private mutating func readResponseFormat(_ config: inout FieldReader) throws(TranslationError) {
        let schema =
            config.value("responseJsonSchema") ?? config.value("_responseJsonSchema")
            ?? config.value("responseSchema").map { GeminiSchema.jsonSchema($0) }
        switch try config.string("responseMimeType") {
        case nil, "text/plain": break
        case "application/json":
            request.responseFormat =
                schema.map { .jsonSchema(name: nil, schema: $0, isStrict: nil) } ?? .jsonObject
        case let other?:
            throw config.error(
                "is \(other.debugDescription); another provider answers in text/plain, application/json",
                "responseMimeType")
        }
        // Gemini itself refuses a schema for plain text.
        if schema != nil, request.responseFormat == nil {
            throw config.error("must be application/json where there is a schema", "responseMimeType")
        }
    }

    private mutating func readThinking(_ thinking: inout FieldReader) throws(TranslationError) {
        request.includesThoughts = try thinking.bool("includeThoughts")
        if let budget = try thinking.int("thinkingBudget") {
            request.reasoning =
                switch budget {
                case 0: .disabled
                case ..<0: .adaptive
                default: .budget(budget)
                }
        } else if let level = try thinking.string("thinkingLevel")?.lowercased(), level != "thinking_level_unspecified"
        {
            request.reasoning = .effort(level)
        }
    }
}
