/// Reads a request for a message.
enum MessagesRequestReader {
    private static let known: Set<String> = [
        "model", "messages", "system", "max_tokens", "stop_sequences", "stream", "temperature", "top_p", "top_k",
        "metadata", "tools", "tool_choice", "thinking", "output_config", "output_format",
    ]

    /// What may be said although it is dropped, because it says nothing.
    private static let defaults: [String: JSONValue] = [
        "service_tier": "auto", "speed": "standard", "mcp_servers": [], "betas": [],
    ]

    /// What asks for something that only Anthropic has, or for a guarantee that only it can give.
    private static let refused: [String: String] = [
        "container": "containers stay with Anthropic",
        "mcp_servers": "the servers are called by Anthropic; functions in tools can be",
        "inference_geo": "no other provider takes the region from a request",
    ]

    static func read(_ json: JSONValue) throws(TranslationError) -> NeutralRequest {
        let fields = try WireObject(json)
        var request = NeutralRequest(model: try fields.string("model") ?? "")
        for (key, value) in fields.members where value != .null && !known.contains(key) {
            if defaults[key] == value { continue }
            if let reason = refused[key] {
                throw fields.invalid(key, "it cannot be carried over to another provider: \(reason)")
            }
            request.drop(key)
        }
        try readSettings(fields, &request)
        try MessagesToolReader.read(fields, &request)
        request.system = try system(fields, &request)
        guard let messages = try fields.objects("messages"), !messages.isEmpty else {
            throw fields.invalid("messages", "at least one message is expected")
        }
        for (position, message) in messages.enumerated() {
            try read(message, position, &request)
        }
        return request
    }

    private static func read(
        _ message: WireObject, _ position: Int, _ request: inout NeutralRequest
    ) throws(TranslationError) {
        let role = try message.requiredString("role")
        let parts = try MessagesBlockReader.parts(message, "content", &request)
        switch role {
        case "user": request.messages.append(NeutralMessage(.user, parts, position: position))
        case "assistant": request.messages.append(NeutralMessage(.assistant, parts, position: position))
        case "system": request.system += parts
        default: throw message.unknown("role", role, allowed: "user, assistant or system")
        }
    }

    private static func system(
        _ fields: WireObject, _ request: inout NeutralRequest
    ) throws(TranslationError) -> [NeutralPart] {
        let parts = try MessagesBlockReader.parts(fields, "system", &request)
        for (index, part) in parts.enumerated() {
            guard case .text = part else {
                throw TranslationError("a text is expected", parameter: "system[\(index)].type")
            }
        }
        return parts
    }

    private static func readSettings(_ fields: WireObject, _ request: inout NeutralRequest) throws(TranslationError) {
        guard let maxTokens = try fields.integer("max_tokens", 1...Int.max) else {
            throw fields.invalid("max_tokens", "a whole number is required")
        }
        request.maxTokens = maxTokens
        request.temperature = try fields.number("temperature", 0...1)
        request.topP = try fields.number("top_p", 0...1)
        request.topK = try fields.integer("top_k", 0...Int.max)
        for (index, element) in (try fields.array("stop_sequences") ?? []).enumerated() {
            guard let text = element.stringValue else {
                throw fields.invalid("stop_sequences[\(index)]", "a string is expected, found \(element.kind)")
            }
            request.stopSequences.append(text)
        }
        request.user = try fields.object("metadata")?.string("user_id")
        request.isStream = try fields.bool("stream") ?? false
        // Streams of Anthropic always tell.
        request.includesUsage = true
        try readOutput(fields, &request)
        try readThinking(fields, &request)
    }

    private static func readOutput(_ fields: WireObject, _ request: inout NeutralRequest) throws(TranslationError) {
        let config = try fields.object("output_config")
        if let config, let effort = try config.string("effort") {
            guard ["low", "medium", "high", "xhigh", "max"].contains(effort) else {
                throw config.unknown("effort", effort, allowed: "low, medium, high, xhigh or max")
            }
            request.reasoning = .effort(effort)
        }
        // The field of its own is the older place, from the time of the beta.
        let inner = try config?.object("format")
        let format = if let inner { inner } else { try fields.object("output_format") }
        guard let format else { return }
        let type = try format.requiredString("type")
        guard type == "json_schema" else { throw format.unknown("type", type, allowed: "json_schema") }
        let schema = try format.requiredObject("schema")
        request.responseFormat = .jsonSchema(name: nil, schema: .object(schema.members), isStrict: nil)
    }

    private static func readThinking(_ fields: WireObject, _ request: inout NeutralRequest) throws(TranslationError) {
        guard let thinking = try fields.object("thinking") else { return }
        let type = try thinking.requiredString("type")
        switch type {
        case "enabled":
            guard let budget = try thinking.integer("budget_tokens", 1...Int.max) else {
                throw thinking.invalid("budget_tokens", "a whole number is required")
            }
            request.reasoning = .budget(budget)
        case "adaptive": request.reasoning = request.reasoning ?? .adaptive
        case "between_tools": request.drop("thinking")
        case "disabled": request.reasoning = .disabled
        default: throw thinking.unknown("type", type, allowed: "enabled, adaptive, between_tools or disabled")
        }
    }
}
