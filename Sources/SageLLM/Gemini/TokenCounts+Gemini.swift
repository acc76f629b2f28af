extension TokenCounts {
    /// Reads `usageMetadata`; nil if it is none or has no count.
    ///
    /// Gemini counts thoughts beside the answer and the results of its own tools beside the prompt; here they are parts
    /// of them.
    init?(gemini json: JSONValue?) {
        guard let object = json?.objectValue else { return nil }
        self.init(
            prompt: object["promptTokenCount"]?.intValue, tools: object["toolUsePromptTokenCount"]?.intValue,
            candidates: object["candidatesTokenCount"]?.intValue, thoughts: object["thoughtsTokenCount"]?.intValue,
            total: object["totalTokenCount"]?.intValue, cached: object["cachedContentTokenCount"]?.intValue)
    }

    /// Reads `usageMetadata` without decoding it; nil if it is none or has no count.
    init?(gemini token: JSONToken, in bytes: RawSpan) throws(JSONScanError) {
        guard token.kind == .object else { return nil }
        var counts: [6 of Int?] = .init(repeating: nil)
        var members = JSONMembers(at: token.range.lowerBound)
        while let member = try members.next(in: bytes) {
            guard member.value.kind == .number,
                let index = Self.geminiKeys.firstIndex(where: { member.hasKey($0, in: bytes) })
            else { continue }
            counts[index] = JSONNumber.integer(member.value.range, in: bytes)
        }
        self.init(
            prompt: counts[0], tools: counts[1], candidates: counts[2], thoughts: counts[3], total: counts[4],
            cached: counts[5])
    }

    private static let geminiKeys = [
        "promptTokenCount", "toolUsePromptTokenCount", "candidatesTokenCount", "thoughtsTokenCount", "totalTokenCount",
        "cachedContentTokenCount",
    ]

    private init?(prompt: Int?, tools: Int?, candidates: Int?, thoughts: Int?, total: Int?, cached: Int?) {
        guard prompt != nil || candidates != nil || thoughts != nil || total != nil else { return nil }
        self.init(
            prompt: Self.sum(prompt, tools), completion: Self.sum(candidates, thoughts), total: total,
            cacheRead: cached, reasoning: thoughts)
    }

    /// The sum of what is known; a provider's numbers must not trap.
    private static func sum(_ first: Int?, _ second: Int?) -> Int? {
        guard let first else { return second }
        let (sum, overflow) = first.addingReportingOverflow(second ?? 0)
        return overflow ? first : sum
    }

    /// The counts as `usageMetadata`.
    var gemini: JSONValue {
        let thoughts = reasoning ?? 0
        var object = JSONObject()
        object.set("promptTokenCount", prompt)
        object.set("candidatesTokenCount", completion.map { max(0, $0 &- thoughts) })
        object.set("totalTokenCount", total ?? Self.sum(prompt, completion))
        object.set("cachedContentTokenCount", cacheRead.flatMap { $0 > 0 ? $0 : nil })
        object.set("thoughtsTokenCount", thoughts > 0 ? thoughts : nil)
        return .object(object)
    }
}
