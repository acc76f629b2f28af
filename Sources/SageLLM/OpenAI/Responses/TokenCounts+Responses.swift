extension TokenCounts {
    /// Reads the `usage` of a response without decoding it; nil if it is none or has no count.
    init?(responses token: JSONToken, in bytes: RawSpan) throws(JSONScanError) {
        guard token.kind == .object else { return nil }
        self.init()
        var members = JSONMembers(at: token.range.lowerBound)
        while let member = try members.next(in: bytes) {
            let value = member.value
            if value.kind == .number, let count = JSONNumber.integer(value.range, in: bytes) {
                if member.hasKey("input_tokens", in: bytes) {
                    prompt = count
                } else if member.hasKey("output_tokens", in: bytes) {
                    completion = count
                } else if member.hasKey("total_tokens", in: bytes) {
                    total = count
                }
            } else if value.kind == .object {
                if member.hasKey("input_tokens_details", in: bytes) {
                    cacheRead = try Self.count("cached_tokens", of: value, in: bytes)
                    cacheWrite = try Self.count("cache_write_tokens", of: value, in: bytes)
                } else if member.hasKey("output_tokens_details", in: bytes) {
                    reasoning = try Self.count("reasoning_tokens", of: value, in: bytes)
                }
            }
        }
        if prompt == nil, completion == nil, total == nil { return nil }
    }

    private static func count(
        _ key: String, of object: JSONToken, in bytes: RawSpan
    ) throws(JSONScanError) -> Int? {
        var members = JSONMembers(at: object.range.lowerBound)
        while let member = try members.next(in: bytes) {
            guard member.hasKey(key, in: bytes), member.value.kind == .number else { continue }
            return JSONNumber.integer(member.value.range, in: bytes)
        }
        return nil
    }

    /// Reads the `usage` of a response; nil if it is none or has no count.
    init?(responses json: JSONValue?) {
        guard let object = json?.objectValue else { return nil }
        self.init(
            prompt: object["input_tokens"]?.intValue, completion: object["output_tokens"]?.intValue,
            total: object["total_tokens"]?.intValue,
            cacheRead: object["input_tokens_details"]?["cached_tokens"]?.intValue,
            cacheWrite: object["input_tokens_details"]?["cache_write_tokens"]?.intValue,
            reasoning: object["output_tokens_details"]?["reasoning_tokens"]?.intValue)
        if prompt == nil, completion == nil, total == nil { return nil }
    }

    /// The counts as the `usage` of a response; clients expect every member.
    var responses: JSONValue {
        let input = prompt ?? 0
        let output = completion ?? 0
        let (sum, overflow) = input.addingReportingOverflow(output)
        return [
            "input_tokens": .integer(Int64(input)),
            "input_tokens_details": [
                "cache_write_tokens": .integer(Int64(cacheWrite ?? 0)),
                "cached_tokens": .integer(Int64(cacheRead ?? 0)),
            ],
            "output_tokens": .integer(Int64(output)),
            "output_tokens_details": ["reasoning_tokens": .integer(Int64(reasoning ?? 0))],
            "total_tokens": .integer(Int64(total ?? (overflow ? input : sum))),
        ]
    }
}
