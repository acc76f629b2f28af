/// Writes `generationConfig`.
enum GeminiGenerationConfig {
    private static let maxStopSequences = 5

    static func write(_ request: inout NeutralRequest) throws(TranslationError) -> JSONObject {
        var config = JSONObject()
        config.set("temperature", request.temperature)
        config.set("topP", request.topP)
        config.set("topK", request.topK)
        config.set("maxOutputTokens", request.maxTokens)
        config.set("presencePenalty", request.presencePenalty)
        config.set("frequencyPenalty", request.frequencyPenalty)
        if let seed = request.seed {
            guard Int32(exactly: seed) != nil else {
                throw TranslationError("is \(seed); Gemini takes \(Int32.min) to \(Int32.max)", parameter: "seed")
            }
            config.set("seed", seed)
        }
        guard request.stopSequences.count <= maxStopSequences else {
            throw TranslationError(
                "has \(request.stopSequences.count) texts; Gemini takes at most \(maxStopSequences)", parameter: "stop")
        }
        if !request.stopSequences.isEmpty {
            config["stopSequences"] = .array(request.stopSequences.map(JSONValue.string))
        }
        guard (1...8).contains(request.choices) else {
            throw TranslationError("is \(request.choices); Gemini takes 1 to 8", parameter: "n")
        }
        if request.choices > 1 { config.set("candidateCount", request.choices) }
        writeFormat(&request, &config)
        if let thinking = try thinking(request) { config["thinkingConfig"] = thinking }
        return config
    }

    private static func writeFormat(_ request: inout NeutralRequest, _ config: inout JSONObject) {
        switch request.responseFormat {
        case nil, .text?: break
        case .jsonObject?: config["responseMimeType"] = "application/json"
        case .jsonSchema(_, let schema, _)?:
            config["responseMimeType"] = "application/json"
            config[GeminiSchema.canSay(schema) ? "responseSchema" : "responseJsonSchema"] = schema
        }
    }

    private static func thinking(_ request: NeutralRequest) throws(TranslationError) -> JSONValue? {
        var thinking = JSONObject()
        var isShown = false
        switch request.reasoning {
        case nil: break
        case .disabled?: thinking["thinkingBudget"] = 0
        case .adaptive?:
            thinking["thinkingBudget"] = -1
            isShown = true
        case .budget(let tokens)?:
            thinking.set("thinkingBudget", tokens)
            isShown = true
        case .effort(let word)?:
            guard let effort = efforts[word] else {
                throw TranslationError(
                    "is \(word.debugDescription); allowed are none, minimal, low, medium, high, xhigh, max",
                    parameter: "reasoning_effort")
            }
            if effort.budget > 0, GeminiModel.hasThinkingLevels(request.model) {
                thinking.set("thinkingLevel", effort.level)
            } else {
                thinking.set("thinkingBudget", effort.budget)
            }
        }
        if request.includesThoughts ?? isShown { thinking["includeThoughts"] = true }
        return thinking.isEmpty ? nil : .object(thinking)
    }

    /// As Gemini's own OpenAI-compatible interface reads them.
    private static let efforts: [String: (level: String, budget: Int)] = [
        "none": ("minimal", 0), "minimal": ("minimal", 1_024), "low": ("low", 1_024), "medium": ("medium", 8_192),
        "high": ("high", 24_576), "xhigh": ("high", 24_576), "max": ("high", 24_576),
    ]
}
