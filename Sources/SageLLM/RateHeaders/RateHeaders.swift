package import HTTPTypes
import SageResilience

/// What a provider says in an answer's header fields about its own rate limits.
///
/// The forms: `x-ratelimit-{limit,remaining,reset}-{requests,tokens}` with a reset like `6m0s`, `20ms` or a number of
/// seconds (OpenAI and what speaks like it; Groq counts requests by the day and tokens by the minute), and
/// `anthropic-ratelimit-{requests,tokens,input-tokens,output-tokens}-{limit,remaining,reset}` with a reset as in
/// RFC 3339. Gemini has no such fields; what it asks for stands in its error bodies, see ``RetryAfter``.
///
/// None of it is trusted further than it makes sense: what is no number, a remainder above its limit, and a reset that
/// lies more than a day ahead are as if they were not there.
package struct RateHeaders: Sendable, Hashable {
    /// What is left of one limit.
    package struct Window: Sendable, Hashable {
        /// What the provider grants in all; nil when it does not say.
        package let limit: Int?
        /// What may still be used before the reset.
        package let remaining: Int
        /// How long until everything is granted again; zero when that has happened already.
        package let reset: Duration

        package init(limit: Int? = nil, remaining: Int, reset: Duration) {
            self.limit = limit
            self.remaining = remaining
            self.reset = reset
        }

        /// Whether nothing is left and it takes time until there is.
        package var isExhausted: Bool { remaining == 0 && reset > .zero }
    }

    /// The longest time until a reset that is believed.
    package static let longestReset = Duration.seconds(86_400)

    /// What is left of the requests.
    package var requests: Window?
    /// What is left of the tokens, where they are counted together.
    package var tokens: Window?
    /// What is left of the tokens of requests.
    package var inputTokens: Window?
    /// What is left of the tokens of answers.
    package var outputTokens: Window?
    /// How long the provider asks not to be called, whatever is left.
    package var retryAfter: Duration?

    package init(requests: Window? = nil, tokens: Window? = nil, retryAfter: Duration? = nil) {
        self.requests = requests
        self.tokens = tokens
        self.retryAfter = retryAfter
    }

    /// Reads the header fields of an answer.
    ///
    /// - Parameters:
    ///   - headers: The header fields.
    ///   - now: The present in seconds since 1970, for resets that are dates, in an answer without a `Date` of its own.
    /// - Returns: Nil when they say nothing that can be believed.
    package init?(_ headers: HTTPFields, now: @autoclosure @escaping () -> Int64) {
        var written = WrittenLimits()
        var asksToWait = false
        for field in headers {
            let name = field.name.canonicalName
            switch name {
            case "retry-after", "retry-after-ms", "x-ms-retry-after-ms":
                asksToWait = true
            default:
                // Most of an answer's fields end here.
                guard name.utf8.count >= RateHeaderName.shortest, let meaning = RateHeaderName.meanings[name] else {
                    continue
                }
                written.note(field.value, meaning)
            }
        }
        guard asksToWait || !written.isEmpty else { return nil }
        let time = ResetTime(headers, now: now)
        requests = written[.requests].window(time)
        tokens = written[.tokens].window(time)
        inputTokens = written[.inputTokens].window(time)
        outputTokens = written[.outputTokens].window(time)
        if asksToWait, let wait = RetryAfter.wait(in: headers, now: now()), wait <= Self.longestReset {
            retryAfter = wait
        }
        if requests == nil, tokens == nil, inputTokens == nil, outputTokens == nil, retryAfter == nil { return nil }
    }

    /// The kinds of tokens that are limited.
    private var tokenWindows: [Window] { [tokens, inputTokens, outputTokens].compactMap(\.self) }

    /// Of the limits of tokens the one of which the least is left.
    package var scarcestTokens: Window? {
        guard tokens != nil || inputTokens != nil || outputTokens != nil else { return nil }
        return tokenWindows.min { $0.remaining < $1.remaining }
    }

    /// How long no request can succeed: until all limits are reset of which nothing is left, and as long as the
    /// provider asks for; nil when it need not be left alone.
    package var pause: Duration? {
        let resets = (tokenWindows + [requests].compactMap(\.self)).filter(\.isExhausted).map(\.reset)
        return (resets + [retryAfter].compactMap(\.self)).max()
    }
}

/// The header fields that tell something about a limit.
private enum RateHeaderName {
    enum Resource: String, CaseIterable {
        case requests
        case tokens
        case inputTokens = "input-tokens"
        case outputTokens = "output-tokens"
    }

    enum Part: String, CaseIterable {
        case limit
        case remaining
        case reset
    }

    struct Meaning {
        let resource: Resource
        let part: Part
    }

    static let meanings: [String: Meaning] = {
        var meanings: [String: Meaning] = [:]
        for resource in Resource.allCases {
            for part in Part.allCases {
                let meaning = Meaning(resource: resource, part: part)
                meanings["anthropic-ratelimit-\(resource.rawValue)-\(part.rawValue)"] = meaning
                meanings["x-ratelimit-\(part.rawValue)-\(resource.rawValue)"] = meaning
            }
        }
        return meanings
    }()

    static let shortest = meanings.keys.map(\.utf8.count).min() ?? 0
}

/// The limits as they are written.
private struct WrittenLimits {
    struct Limit {
        var limit: String?
        var remaining: String?
        var reset: String?

        /// What it means; nil for what makes no sense.
        func window(_ time: ResetTime) -> RateHeaders.Window? {
            guard let remaining = remaining.flatMap(Self.count), let reset = reset.flatMap(time.wait) else {
                return nil
            }
            let limit = limit.flatMap(Self.count)
            if let limit, remaining > limit { return nil }
            return RateHeaders.Window(limit: limit, remaining: remaining, reset: reset)
        }

        /// A whole number without a sign, at most 10^15: nobody grants more.
        private static func count(_ text: String) -> Int? {
            let digits = ErrorText.trimmed(text[...])
            guard !digits.isEmpty, digits.utf8.count <= 16, digits.utf8.allSatisfy(ErrorText.isDigit) else {
                return nil
            }
            return Int(digits).flatMap { $0 <= 1_000_000_000_000_000 ? $0 : nil }
        }
    }

    private var requests = Limit()
    private var tokens = Limit()
    private var inputTokens = Limit()
    private var outputTokens = Limit()
    private(set) var isEmpty = true

    subscript(resource: RateHeaderName.Resource) -> Limit {
        switch resource {
        case .requests: requests
        case .tokens: tokens
        case .inputTokens: inputTokens
        case .outputTokens: outputTokens
        }
    }

    /// Notes a field; of two of the same name the first counts.
    mutating func note(_ value: String, _ meaning: RateHeaderName.Meaning) {
        isEmpty = false
        switch meaning.resource {
        case .requests: Self.note(value, meaning.part, in: &requests)
        case .tokens: Self.note(value, meaning.part, in: &tokens)
        case .inputTokens: Self.note(value, meaning.part, in: &inputTokens)
        case .outputTokens: Self.note(value, meaning.part, in: &outputTokens)
        }
    }

    private static func note(_ value: String, _ part: RateHeaderName.Part, in limit: inout Limit) {
        switch part {
        case .limit: limit.limit = limit.limit ?? value
        case .remaining: limit.remaining = limit.remaining ?? value
        case .reset: limit.reset = limit.reset ?? value
        }
    }
}
