/// Reads a request for a chat completion.
///
/// What no other format can say is refused if it asks for another kind of answer, and dropped if it only tunes; fields
/// that nobody knows are dropped.
enum ChatRequestReader {
    private static let known: Set<String> = [
        "model", "messages", "tools", "tool_choice", "parallel_tool_calls", "response_format", "reasoning_effort",
        "max_tokens", "max_completion_tokens", "temperature", "top_p", "top_k", "frequency_penalty",
        "presence_penalty", "seed", "stop", "n", "user", "safety_identifier", "stream", "stream_options",
    ]

    /// What may be said although it is dropped, because it says nothing.
    private static let defaults: [String: [JSONValue]] = [
        "store": [false], "logprobs": [false], "top_logprobs": [0], "service_tier": ["auto", "default"],
        "verbosity": ["medium"], "logit_bias": [[:]], "metadata": [[:]], "modalities": [["text"]], "functions": [[]],
    ]

    /// What asks for another kind of answer.
    private static let refused: [String: String] = [
        "functions": "functions were replaced by tools, which can be",
        "function_call": "functions were replaced by tools, which can be",
        "logprobs": "no other provider reports the probabilities of tokens so",
        "top_logprobs": "no other provider reports the probabilities of tokens so",
        "modalities": "only answers of text can be",
        "audio": "only answers of text can be",
        "web_search_options": "the search is OpenAI's own; functions in tools can be",
    ]

    static func read(_ json: JSONValue) throws(TranslationError) -> NeutralRequest {
        let fields = try WireObject(json)
        var request = NeutralRequest(model: try fields.string("model") ?? "")
        try readRest(fields, &request)
        try readSettings(fields, &request)
        try ChatToolReader.read(fields, &request)
        guard let messages = try fields.objects("messages"), !messages.isEmpty else {
            throw fields.invalid("messages", "at least one message is expected")
        }
        for (position, message) in messages.enumerated() {
            try ChatMessageReader.read(message, position, &request)
        }
        return request
    }

    /// Refuses or drops what cannot be carried over.
    private static func readRest(_ fields: WireObject, _ request: inout NeutralRequest) throws(TranslationError) {
        for (key, value) in fields.members where value != .null && !known.contains(key) {
            if defaults[key]?.contains(value) == true { continue }
            if let reason = refused[key] {
                throw fields.invalid(key, "it cannot be carried over to another provider: \(reason)")
            }
            request.drop(key)
        }
    }

    private static func readSettings(_ fields: WireObject, _ request: inout NeutralRequest) throws(TranslationError) {
        let limit = try fields.integer("max_completion_tokens", 1...Int.max)
        request.maxTokens = if let limit { limit } else { try fields.integer("max_tokens", 1...Int.max) }
        request.temperature = try fields.number("temperature", 0...2)
        request.topP = try fields.number("top_p", 0...1)
        request.topK = try fields.integer("top_k", 1...Int.max)
        request.frequencyPenalty = try fields.number("frequency_penalty", -2...2)
        request.presencePenalty = try fields.number("presence_penalty", -2...2)
        request.seed = try fields.integer("seed", Int.min...Int.max)
        request.choices = try fields.integer("n", 1...128) ?? 1
        request.stopSequences = try stopSequences(fields)
        request.user =
            if let user = try fields.string("user") { user } else { try fields.string("safety_identifier") }
        request.isStream = try fields.bool("stream") ?? false
        request.includesUsage = try fields.object("stream_options")?.bool("include_usage") ?? false
        request.reasoning = try reasoning(fields)
        request.responseFormat = try responseFormat(fields)
    }

    private static func stopSequences(_ fields: WireObject) throws(TranslationError) -> [String] {
        switch fields.value("stop") {
        case nil: return []
        case .string(let text): return [text]
        case .array(let elements):
            let texts = elements.compactMap(\.stringValue)
            guard texts.count == elements.count else { throw fields.invalid("stop", "strings are expected") }
            return texts
        case let other?:
            throw fields.invalid("stop", "a string or an array of strings is expected, found \(other.kind)")
        }
    }

    private static func reasoning(_ fields: WireObject) throws(TranslationError) -> NeutralReasoning? {
        guard let word = try fields.string("reasoning_effort") else { return nil }
        switch word {
        case "none": return .disabled
        case "minimal", "low", "medium", "high", "xhigh", "max": return .effort(word)
        default:
            throw fields.unknown(
                "reasoning_effort", word, allowed: "none, minimal, low, medium, high, xhigh or max")
        }
    }

    private static func responseFormat(_ fields: WireObject) throws(TranslationError) -> NeutralResponseFormat? {
        guard let format = try fields.object("response_format") else { return nil }
        let type = try format.requiredString("type")
        switch type {
        case "text": return .text
        case "json_object": return .jsonObject
        case "json_schema":
            let wrapper = try format.requiredObject("json_schema")
            let schema = try wrapper.requiredObject("schema")
            return .jsonSchema(
                name: try wrapper.string("name"), schema: .object(schema.members),
                isStrict: try wrapper.bool("strict"))
        default: throw format.unknown("type", type, allowed: "text, json_object or json_schema")
        }
    }
}
