/// Anthropic's token counts as they arrive: those of later events replace earlier ones, member by member.
///
/// Anthropic counts the tokens of the cache beside `input_tokens`; ``counts`` adds them, as all other formats do.
struct MessagesUsage: Sendable, Hashable {
    private var input: Int?
    private var output: Int?
    private var cacheRead: Int?
    private var cacheWrite: Int?
    private var thinking: Int?

    /// The counts in the words of all formats; nil if none was reported.
    var counts: TokenCounts? {
        guard input != nil || output != nil || cacheRead != nil || cacheWrite != nil else { return nil }
        let hasPrompt = input != nil || cacheRead != nil || cacheWrite != nil
        let prompt = hasPrompt ? Self.sum([input, cacheRead, cacheWrite]) : nil
        return TokenCounts(
            prompt: prompt, completion: output, total: Self.sum([prompt, output]), cacheRead: cacheRead,
            cacheWrite: cacheWrite, reasoning: thinking)
    }

    private static func sum(_ counts: [Int?]) -> Int {
        counts.reduce(0) { $0.addingReportingOverflow($1 ?? 0).partialValue }
    }

    /// Takes in a `usage` object, found without decoding it.
    mutating func read(_ token: JSONToken, in bytes: RawSpan) throws(JSONScanError) {
        guard token.kind == .object else { return }
        var members = JSONMembers(at: token.range.lowerBound)
        while let member = try members.next(in: bytes) {
            let value = member.value
            if member.hasKey("output_tokens_details", in: bytes) {
                try readDetails(value, in: bytes)
                continue
            }
            guard value.kind == .number, let count = Self.count(value, in: bytes) else { continue }
            if member.hasKey("input_tokens", in: bytes) {
                input = count
            } else if member.hasKey("output_tokens", in: bytes) {
                output = count
            } else if member.hasKey("cache_read_input_tokens", in: bytes) {
                cacheRead = count
            } else if member.hasKey("cache_creation_input_tokens", in: bytes) {
                cacheWrite = count
            }
        }
    }

    private mutating func readDetails(_ token: JSONToken, in bytes: RawSpan) throws(JSONScanError) {
        guard token.kind == .object else { return }
        var members = JSONMembers(at: token.range.lowerBound)
        while let member = try members.next(in: bytes) {
            guard member.value.kind == .number, member.hasKey("thinking_tokens", in: bytes) else { continue }
            thinking = Self.count(member.value, in: bytes) ?? thinking
        }
    }

    private static func count(_ token: JSONToken, in bytes: RawSpan) -> Int? {
        JSONNumber.integer(token.range, in: bytes).flatMap { $0 >= 0 ? $0 : nil }
    }

    /// Takes in a `usage` object.
    mutating func read(_ json: JSONValue?) {
        guard let json else { return }
        func count(_ key: String) -> Int? { json[key]?.intValue.flatMap { $0 >= 0 ? $0 : nil } }
        input = count("input_tokens") ?? input
        output = count("output_tokens") ?? output
        cacheRead = count("cache_read_input_tokens") ?? cacheRead
        cacheWrite = count("cache_creation_input_tokens") ?? cacheWrite
        if let count = json["output_tokens_details"]?["thinking_tokens"]?.intValue, count >= 0 { thinking = count }
    }
}
