/// The token counts of a reply, as far as the provider reported them.
package struct TokenCounts: Sendable, Hashable {
    /// Tokens of the request.
    package var prompt: Int?
    /// Tokens of the answer.
    package var completion: Int?
    /// Tokens in total.
    package var total: Int?

    package init(prompt: Int? = nil, completion: Int? = nil, total: Int? = nil) {
        self.prompt = prompt
        self.completion = completion
        self.total = total
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
