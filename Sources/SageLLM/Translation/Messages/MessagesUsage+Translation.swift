extension MessagesUsage {
    /// Writes token counts as Anthropic does: those of the cache beside those of the request.
    static func json(_ counts: TokenCounts?) -> JSONValue {
        let cacheRead = counts?.cacheRead ?? 0
        let cacheWrite = counts?.cacheWrite ?? 0
        let cached = cacheRead.addingReportingOverflow(cacheWrite).partialValue
        var usage: JSONObject = [
            "input_tokens": .integer(
                Int64(max(0, (counts?.prompt ?? 0).subtractingReportingOverflow(cached).partialValue))),
            "cache_creation_input_tokens": .integer(Int64(cacheWrite)),
            "cache_read_input_tokens": .integer(Int64(cacheRead)),
            "output_tokens": .integer(Int64(counts?.completion ?? 0)),
        ]
        if let reasoning = counts?.reasoning {
            usage["output_tokens_details"] = ["thinking_tokens": .integer(Int64(reasoning))]
        }
        return .object(usage)
    }
}
