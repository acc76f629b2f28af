/// Writes a `generateContent` request.
struct GeminiRequestWriter {
    private(set) var request: NeutralRequest
    /// The names of the calls so far, by their ids: a result must name its function.
    private var callNames: [String: String] = [:]
    private let wantsSignatures: Bool

    /// What Gemini lets stand in place of a signature that a conversation with another model does not have.
    private static let noSignature = "skip_thought_signature_validator"

    init(_ request: NeutralRequest) {
        self.request = request
        wantsSignatures = GeminiModel.hasThinkingLevels(request.model)
    }

    mutating func write() throws(TranslationError) -> JSONValue {
        var object = JSONObject()
        var contents = try writeContents()
        let system = try writeSystem()
        if contents.isEmpty {
            // There must be something to answer.
            guard !system.isEmpty else {
                throw TranslationError("is empty; at least one message is needed", parameter: "messages")
            }
            contents = [["role": "user", "parts": .array(system)]]
        } else if !system.isEmpty {
            object["systemInstruction"] = ["parts": .array(system)]
        }
        object["contents"] = .array(contents)
        if let tools = writeTools() { object["tools"] = tools }
        if let config = writeToolChoice() { object["toolConfig"] = config }
        let config = try GeminiGenerationConfig.write(&request)
        if !config.isEmpty { object["generationConfig"] = .object(config) }
        if request.user != nil { request.drop("user") }
        if request.allowsParallelToolCalls == false { request.drop("parallel_tool_calls") }
        return .object(object)
    }

    private func writeSystem() throws(TranslationError) -> [JSONValue] {
        var parts: [JSONValue] = []
        for part in request.system {
            guard case .text(let text) = part else {
                throw TranslationError("Gemini's instructions can hold only text", parameter: "system")
            }
            if !text.isEmpty { parts.append(GeminiPart.text(text)) }
        }
        return parts
    }

    // MARK: Contents

    /// The contents; messages of one role become one, because all results of a turn must stand in one content.
    private mutating func writeContents() throws(TranslationError) -> [JSONValue] {
        var contents: [(role: NeutralMessage.Role, results: [JSONValue], parts: [JSONValue])] = []
        for message in request.messages {
            var results: [JSONValue] = []
            var parts: [JSONValue] = []
            for part in message.parts { try write(part, of: message, &results, &parts) }
            if results.isEmpty, parts.isEmpty { continue }
            if let last = contents.indices.last, contents[last].role == message.role {
                contents[last].results += results
                contents[last].parts += parts
            } else {
                contents.append((message.role, results, parts))
            }
        }
        return contents.map { content in
            let parts = content.results + (content.role == .assistant ? signed(content.parts) : content.parts)
            return ["role": content.role == .user ? "user" : "model", "parts": .array(parts)]
        }
    }

    private mutating func write(
        _ part: NeutralPart, of message: NeutralMessage, _ results: inout [JSONValue], _ parts: inout [JSONValue]
    ) throws(TranslationError) {
        switch part {
        case .text(let text), .refusal(let text):
            if !text.isEmpty { parts.append(GeminiPart.text(text)) }
        case .image(let media), .audio(let media), .document(let media, _):
            parts.append(GeminiPart.media(media))
        case .toolCall(let call):
            callNames[call.id] = call.name
            parts.append(
                GeminiPart.call(
                    call.id, call.name, arguments: ToolArguments.object(call.arguments),
                    signature: call.signature.flatMap(ThoughtSignature.toGemini)))
        case .toolResult(let result):
            try write(result, of: message, &results, &parts)
        case .thinking(let text, let signature):
            if let signature = signature.flatMap(ThoughtSignature.toGemini) {
                parts.append(GeminiPart.thought(text, signature: signature))
            } else {
                request.drop("thinking")
            }
        case .redactedThinking:
            request.drop("redacted_thinking")
        }
    }

    private func write(
        _ result: NeutralToolResult, of message: NeutralMessage, _ results: inout [JSONValue],
        _ parts: inout [JSONValue]
    ) throws(TranslationError) {
        guard let name = callNames[result.callID] ?? result.name else {
            throw TranslationError(
                "the result of the call \(result.callID.debugDescription) follows no such call", parameter: message.path
            )
        }
        var text = ""
        for part in result.parts {
            switch part {
            case .text(let more): text += more
            case .image(let media), .audio(let media), .document(let media, _): parts.append(GeminiPart.media(media))
            default:
                throw TranslationError(
                    "the result of the call \(result.callID.debugDescription) can hold only text and media",
                    parameter: message.path)
            }
        }
        let response: JSONValue
        if result.isError {
            response = ["error": .string(text)]
        } else if let object = try? JSONValue(parsing: text), object.kind == .object {
            response = object
        } else {
            response = ["output": .string(text)]
        }
        results.append([
            "functionResponse": ["id": .string(result.callID), "name": .string(name), "response": response]
        ])
    }

    /// The first call of a turn must be signed.
    private func signed(_ parts: [JSONValue]) -> [JSONValue] {
        guard wantsSignatures, let first = parts.firstIndex(where: { $0["functionCall"] != nil }),
            parts[first]["thoughtSignature"] == nil, case .object(var part) = parts[first]
        else { return parts }
        part["thoughtSignature"] = .string(Self.noSignature)
        var parts = parts
        parts[first] = .object(part)
        return parts
    }

    // MARK: Tools

    private mutating func writeTools() -> JSONValue? {
        guard !request.tools.isEmpty else { return nil }
        var functions: [JSONValue] = []
        for tool in request.tools {
            var function: JSONObject = ["name": .string(tool.name)]
            function.set("description", tool.description)
            if let schema = tool.parameters, !GeminiSchema.isEmpty(schema) {
                function[GeminiSchema.canSay(schema) ? "parameters" : "parametersJsonSchema"] = schema
            }
            if tool.isStrict == true { request.drop("tools[].strict") }
            functions.append(.object(function))
        }
        return [["functionDeclarations": .array(functions)]]
    }

    private func writeToolChoice() -> JSONValue? {
        let calling: JSONValue
        switch request.toolChoice {
        case nil: return nil
        case .auto?: calling = ["mode": "AUTO"]
        case NeutralToolChoice.none?: calling = ["mode": "NONE"]
        case .required?: calling = ["mode": "ANY"]
        case .tool(let name)?: calling = ["mode": "ANY", "allowedFunctionNames": [.string(name)]]
        }
        // Gemini refuses a mode without functions.
        return request.tools.isEmpty ? nil : ["functionCallingConfig": calling]
    }
}
