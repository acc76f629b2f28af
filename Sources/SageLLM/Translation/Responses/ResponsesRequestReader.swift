/// Reads a client's request for a response.
struct ResponsesRequestReader {
    private var request = NeutralRequest(model: "")

    /// What only a provider that remembers can do, with what the client can do instead.
    private static let stateful = [
        ("previous_response_id", "no provider of this model keeps responses; send the whole conversation in input"),
        ("conversation", "no provider of this model keeps conversations; send the whole conversation in input"),
        ("prompt", "no provider of this model keeps prompts; send its text in instructions and input"),
    ]

    mutating func read(_ json: JSONValue) throws(TranslationError) -> NeutralRequest {
        var fields = try FieldReader(json)
        for (name, message) in Self.stateful where fields.contains(name) { throw fields.error(message, name) }
        if try fields.bool("background") ?? false {
            throw fields.error("no provider of this model answers in the background; allowed is false", "background")
        }
        // Nothing is kept, and the answer says so; OpenAI's default is to keep.
        if try fields.bool("store") ?? false { request.drop("store") }
        for name in ResponsesDocument.echoed {
            if let value = json[name], value != .null { request.echo[name] = value }
        }
        request.includesUsage = true
        request.model = try fields.string("model") ?? ""
        request.isStream = try fields.bool("stream") ?? false
        if let text = try fields.string("instructions") { request.system.append(.text(text)) }
        try readInput(&fields)
        for tool in try fields.objects("tools") { try readTool(tool) }
        try readToolChoice(&fields)
        request.allowsParallelToolCalls = try fields.bool("parallel_tool_calls")
        try readText(&fields)
        try readReasoning(&fields)
        request.maxTokens = try fields.int("max_output_tokens")
        request.temperature = try fields.double("temperature")
        request.topP = try fields.double("top_p")
        let user = try fields.string("user")
        request.user = try fields.string("safety_identifier")
        if request.user == nil { request.user = user }
        switch try fields.string("truncation") {
        case nil, "disabled": break
        case "auto": request.drop("truncation")
        case let other?: throw fields.error("is \(other.debugDescription); allowed are auto, disabled", "truncation")
        }
        // Reasoning is always given back where a provider has it.
        for name in try fields.strings("include") ?? [] where name != "reasoning.encrypted_content" {
            request.drop("include[].\(name)")
        }
        // The client's own notes, which the answer repeats.
        _ = fields.value("metadata")
        fields.dropRest(from: &request)
        return request
    }

    // MARK: Input

    private mutating func readInput(_ fields: inout FieldReader) throws(TranslationError) {
        guard let input = fields.value("input") else {
            throw fields.error("is missing; allowed is a string or an array of items", "input")
        }
        if let text = input.stringValue {
            request.messages = [NeutralMessage(.user, [.text(text)])]
            return
        }
        guard input.kind == .array else {
            throw fields.error("is \(input.kind); allowed is a string or an array of items", "input")
        }
        for item in try fields.objects("input") { try readItem(item) }
        guard !request.messages.isEmpty || !request.system.isEmpty else {
            throw fields.error("is empty; allowed is an array of at least one item", "input")
        }
    }

    private mutating func readItem(_ item: FieldReader) throws(TranslationError) {
        var item = item
        // Ids and states of items mean something only to a provider that keeps them.
        _ = (item.value("id"), item.value("status"))
        switch try item.string("type") ?? "message" {
        case "message":
            try readMessage(&item)
        case "function_call":
            let call = NeutralToolCall(
                id: try required("call_id", of: &item), name: try required("name", of: &item),
                arguments: try item.string("arguments") ?? "",
                signature: ResponsesSignature.read(item.value(ResponsesSignature.member)))
            append(.assistant, [.toolCall(call)])
        case "function_call_output":
            let id = try required("call_id", of: &item)
            append(.user, [.toolResult(NeutralToolResult(callID: id, parts: try readContent(&item, "output")))])
        case "reasoning":
            try readReasoningItem(&item)
        case "item_reference":
            throw item.error("no provider of this model keeps items; send the item itself", "type")
        case let other:
            throw item.error(
                "is \(other.prefix(64).debugDescription), which only OpenAI's own tools make; allowed are message, "
                    + "function_call, function_call_output, reasoning", "type")
        }
        item.dropRest(from: &request)
    }

    /// Items that one participant says in a row become one message, as the formats without items have them.
    private mutating func append(_ role: NeutralMessage.Role, _ parts: [NeutralPart]) {
        if let last = request.messages.indices.last, request.messages[last].role == role,
            role == .assistant || (request.messages[last].parts + parts).allSatisfy(\.isToolResult)
        {
            request.messages[last].parts += parts
        } else if !parts.isEmpty {
            request.messages.append(NeutralMessage(role, parts))
        }
    }

    private mutating func readMessage(_ item: inout FieldReader) throws(TranslationError) {
        let role = try required("role", of: &item)
        let parts = try readContent(&item, "content")
        // Whether it is commentary means something only to OpenAI.
        _ = item.value("phase")
        switch role {
        case "user": append(.user, parts)
        case "assistant": append(.assistant, parts)
        case "system", "developer": request.system += parts
        default:
            throw item.error(
                "is \(role.prefix(64).debugDescription); allowed are user, assistant, system, developer", "role")
        }
    }

    private mutating func readReasoningItem(_ item: inout FieldReader) throws(TranslationError) {
        var text: [String: String] = [:]
        for name in ["summary", "content"] {
            var texts: [String] = []
            for var part in try item.objects(name) {
                if let text = try part.string("text") { texts.append(text) }
            }
            if !texts.isEmpty { text[name] = texts.joined(separator: "\n\n") }
        }
        let thought = text["summary"] ?? text["content"]
        let signature = try item.string("encrypted_content")
        if thought == nil, signature == nil { return }
        append(.assistant, [.thinking(thought ?? "", signature: signature)])
    }

    private mutating func readContent(
        _ item: inout FieldReader, _ key: String
    ) throws(TranslationError) -> [NeutralPart] {
        guard let content = item.value(key) else {
            throw item.error("is missing; allowed is a string or an array", key)
        }
        if let text = content.stringValue { return [.text(text)] }
        guard content.kind == .array else {
            throw item.error("is \(content.kind); allowed is a string or an array", key)
        }
        var parts: [NeutralPart] = []
        for var part in try item.objects(key) {
            parts.append(try ResponsesContentPart.read(&part))
            part.dropRest(from: &request)
        }
        return parts
    }

    private func required(_ key: String, of item: inout FieldReader) throws(TranslationError) -> String {
        try item.required(try item.string(key), key, "a string")
    }

    // MARK: Tools

    private mutating func readTool(_ tool: FieldReader) throws(TranslationError) {
        var tool = tool
        let type = try required("type", of: &tool)
        guard type == "function" else {
            throw tool.error(
                "is \(type.prefix(64).debugDescription), a tool that only OpenAI runs; allowed is function", "type")
        }
        request.tools.append(
            NeutralTool(
                name: try required("name", of: &tool), description: try tool.string("description"),
                parameters: try tool.jsonObject("parameters"), isStrict: try tool.bool("strict")))
        tool.dropRest(from: &request)
    }

    private mutating func readToolChoice(_ fields: inout FieldReader) throws(TranslationError) {
        guard let choice = fields.value("tool_choice") else { return }
        if let word = choice.stringValue {
            switch word {
            case "auto": request.toolChoice = .auto
            case "none": request.toolChoice = NeutralToolChoice.none
            case "required": request.toolChoice = .required
            default:
                throw fields.error(
                    "is \(word.prefix(64).debugDescription); allowed are auto, none, required", "tool_choice")
            }
            return
        }
        guard var object = try fields.object("tool_choice") else { return }
        switch try required("type", of: &object) {
        case "function":
            request.toolChoice = .tool(try required("name", of: &object))
        case "allowed_tools":
            let mode = try object.string("mode") ?? "auto"
            guard ["auto", "required"].contains(mode) else {
                throw object.error("is \(mode.prefix(64).debugDescription); allowed are auto, required", "mode")
            }
            var names: Set<String> = []
            for var tool in try object.objects("tools") { names.insert(try required("name", of: &tool)) }
            // What may not be called need not be offered.
            request.tools.removeAll { !names.contains($0.name) }
            request.toolChoice = mode == "auto" ? .auto : .required
        case let other:
            throw object.error(
                "is \(other.prefix(64).debugDescription), a tool that only OpenAI runs; allowed are function, "
                    + "allowed_tools", "type")
        }
    }

    // MARK: Form and thought

    private mutating func readText(_ fields: inout FieldReader) throws(TranslationError) {
        guard var text = try fields.object("text") else { return }
        if var format = try text.object("format") {
            switch try required("type", of: &format) {
            case "text": request.responseFormat = .text
            case "json_object": request.responseFormat = .jsonObject
            case "json_schema":
                let schema = try format.required(try format.jsonObject("schema"), "schema", "a JSON schema")
                request.responseFormat = .jsonSchema(
                    name: try format.string("name"), schema: schema, isStrict: try format.bool("strict"))
            case let other:
                throw format.error(
                    "is \(other.prefix(64).debugDescription); allowed are text, json_object, json_schema", "type")
            }
            format.dropRest(from: &request)
        }
        text.dropRest(from: &request)
    }

    private mutating func readReasoning(_ fields: inout FieldReader) throws(TranslationError) {
        guard var reasoning = try fields.object("reasoning") else { return }
        if let effort = try reasoning.string("effort") {
            request.reasoning = effort == "none" ? .disabled : .effort(effort)
        }
        for name in ["summary", "generate_summary"] where try reasoning.string(name) != nil {
            request.includesThoughts = true
        }
        reasoning.dropRest(from: &request)
    }
}

extension NeutralPart {
    fileprivate var isToolResult: Bool {
        if case .toolResult = self { true } else { false }
    }
}
