/// The `usage` of chat completions; the tokens of the cache are among those of the prompt.
enum ChatUsage {
    static func read(_ json: JSONValue?) -> TokenCounts? {
        guard let json else { return nil }
        func count(_ value: JSONValue?) -> Int? { value?.intValue.flatMap { $0 >= 0 ? $0 : nil } }
        let counts = TokenCounts(
            prompt: count(json["prompt_tokens"]), completion: count(json["completion_tokens"]),
            total: count(json["total_tokens"]),
            // The second name is DeepSeek's.
            cacheRead: count(json["prompt_tokens_details"]?["cached_tokens"]) ?? count(json["prompt_cache_hit_tokens"]),
            cacheWrite: count(json["prompt_tokens_details"]?["cache_write_tokens"]),
            reasoning: count(json["completion_tokens_details"]?["reasoning_tokens"]))
        return counts == TokenCounts() ? nil : counts
    }

    static func json(_ counts: TokenCounts) -> JSONValue {
        let prompt = counts.prompt ?? 0
        let completion = counts.completion ?? 0
        var usage: JSONObject = [
            "prompt_tokens": .integer(Int64(prompt)), "completion_tokens": .integer(Int64(completion)),
            "total_tokens": .integer(Int64(counts.total ?? prompt.addingReportingOverflow(completion).partialValue)),
        ]
        if counts.cacheRead != nil || counts.cacheWrite != nil {
            var details = JSONObject()
            details.set("cached_tokens", counts.cacheRead ?? 0)
            details.set("cache_write_tokens", counts.cacheWrite)
            usage["prompt_tokens_details"] = .object(details)
        }
        if let reasoning = counts.reasoning {
            usage["completion_tokens_details"] = ["reasoning_tokens": .integer(Int64(reasoning))]
        }
        return .object(usage)
    }
}

extension TokenCounts {
    /// Takes in later counts, which replace earlier ones member by member.
    mutating func merge(_ later: TokenCounts) {
        // A total that was told before belongs to the earlier counts.
        if later.total != nil || later.prompt != nil || later.completion != nil { total = later.total }
        prompt = later.prompt ?? prompt
        completion = later.completion ?? completion
        cacheRead = later.cacheRead ?? cacheRead
        cacheWrite = later.cacheWrite ?? cacheWrite
        reasoning = later.reasoning ?? reasoning
    }
}
