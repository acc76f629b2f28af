/// Gemini's words for why an answer ended.
enum GeminiFinishReason {
    /// Those of a filter that has stopped the answer.
    static let filtered: Set<String> = [
        "SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT",
        "IMAGE_RECITATION", "MODEL_ARMOR",
    ]

    /// Those of a model that has failed.
    static let failed: Set<String> = [
        "MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS", "MALFORMED_RESPONSE",
        "MISSING_THOUGHT_SIGNATURE", "NO_IMAGE", "IMAGE_OTHER", "OTHER",
    ]

    /// Whether an answer that ended so, and has no content, is none.
    static func isWithoutAnswer(_ word: String) -> Bool { filtered.contains(word) || failed.contains(word) }

    /// What a word means.
    ///
    /// - Parameter hasToolCalls: Whether the answer calls tools; Gemini's word does not tell.
    static func read(_ word: String, hasToolCalls: Bool) -> NeutralStopReason {
        switch word {
        case "STOP": hasToolCalls ? .toolCalls : .stop
        case "MAX_TOKENS": .length
        case _ where filtered.contains(word): .contentFilter
        default: .other(word)
        }
    }

    /// The word for a reason.
    static func write(_ reason: NeutralStopReason) -> String {
        switch reason {
        case .stop, .stopSequence, .toolCalls, .pause: "STOP"
        case .length, .contextWindow: "MAX_TOKENS"
        case .contentFilter, .refusal: "SAFETY"
        case .other(let word): failed.contains(word) || word == "LANGUAGE" ? word : "OTHER"
        }
    }
}
