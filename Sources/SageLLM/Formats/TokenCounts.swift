import SageResilience

/// The token counts of a reply, as far as the provider reported them.
package struct TokenCounts: Sendable, Hashable {
    /// Tokens of the request.
    package var prompt: Int?
    /// Tokens of the answer.
    package var completion: Int?
    /// Tokens in total.
    package var total: Int?
    /// Those of the request that came from the provider's cache.
    package var cacheRead: Int?
    /// Those of the request that were put into the provider's cache.
    package var cacheWrite: Int?
    /// Those of the answer that the model thought with.
    package var reasoning: Int?

    package init(
        prompt: Int? = nil, completion: Int? = nil, total: Int? = nil, cacheRead: Int? = nil, cacheWrite: Int? = nil,
        reasoning: Int? = nil
    ) {
        self.prompt = prompt
        self.completion = completion
        self.total = total
        self.cacheRead = cacheRead
        self.cacheWrite = cacheWrite
        self.reasoning = reasoning
    }

    /// What the request and the answer have used together; nil when nothing was told.
    package var billable: Int? {
        if let total { return max(0, total) }
        guard prompt != nil || completion != nil else { return nil }
        return max(0, (prompt ?? 0).addingSaturating(completion ?? 0))
    }

    /// Reads a `usage` object; nil if it is none or has no count.
    init?(_ token: JSONToken, in bytes: RawSpan) throws(JSONScanError) {
        guard token.kind == .object else { return nil }
        var members = JSONMembers(at: token.range.lowerBound)
        while let member = try members.next(in: bytes) {
            guard member.value.kind == .number, let count = JSONNumber.integer(member.value.range, in: bytes) else {
                continue
            }
            if member.hasKey("prompt_tokens", in: bytes) {
                prompt = count
            } else if member.hasKey("completion_tokens", in: bytes) {
                completion = count
            } else if member.hasKey("total_tokens", in: bytes) {
                total = count
            }
        }
        if prompt == nil, completion == nil, total == nil { return nil }
    }
}
