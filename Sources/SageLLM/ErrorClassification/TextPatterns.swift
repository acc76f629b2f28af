import SageResilience

/// Text in lower case with `_`, `-` and runs of white space as single spaces, to search phrases in.
///
/// It is folded once and searched many times without further allocation. Only the first 8 KiB are kept: error texts
/// are short, and what is longer was made to cost time.
struct FoldedText {
    static let limit = 8_192

    let bytes: [UInt8]

    init(_ text: String) {
        var folded: [UInt8] = []
        folded.reserveCapacity(min(text.utf8.count, Self.limit))
        var previous: UInt8 = 0x20
        for byte in text.utf8.prefix(Self.limit) {
            let next: UInt8 =
                switch byte {
                case 0x09, 0x0A, 0x0D, 0x5F: 0x20
                // A hyphen before a number may be a minus.
                case 0x2D where ErrorText.isLetter(previous): 0x20
                default: ErrorText.lowercased(byte)
                }
            if next == 0x20, previous == 0x20 { continue }
            folded.append(next)
            previous = next
        }
        bytes = folded
    }

    /// Whether the text holds a phrase that begins and ends at word boundaries.
    ///
    /// - Parameter phrase: Lower case, words separated by single spaces.
    func contains(_ phrase: String) -> Bool { end(of: phrase, from: 0) != nil }

    /// Whether the text holds one of some phrases at word boundaries.
    func containsAny(of phrases: [String]) -> Bool { phrases.contains { contains($0) } }

    /// The position after the first occurrence of a phrase at word boundaries.
    func end(of phrase: String, from start: Int) -> Int? {
        let pattern = phrase.utf8
        guard let first = pattern.first else { return nil }
        var position = start
        while position + pattern.count <= bytes.count {
            let end = position + pattern.count
            if bytes[position] == first, isBoundary(before: position), isBoundary(after: end),
                bytes[position..<end].elementsEqual(pattern)
            {
                return end
            }
            position += 1
        }
        return nil
    }

    /// Whether the text names an HTTP status, as in "error 429" or "429 Too Many Requests", rather than an amount, as
    /// in "429 tokens", "1429" or "$4.29".
    func mentionsStatus(_ digits: String) -> Bool {
        var position = 0
        while let end = end(of: digits, from: position) {
            if !isAmount(from: end - digits.utf8.count, to: end) { return true }
            position = end
        }
        return false
    }

    private func isBoundary(before position: Int) -> Bool {
        position == 0 || !ErrorText.isAlphanumeric(bytes[position - 1])
    }

    private func isBoundary(after end: Int) -> Bool {
        end == bytes.count || !ErrorText.isAlphanumeric(bytes[end])
    }

    private func isAmount(from start: Int, to end: Int) -> Bool {
        // ".", ",", "$", "-", "/" before the digits: the number goes on to the left.
        if start > 0, [0x2E, 0x2C, 0x24, 0x2D, 0x2F].contains(bytes[start - 1]) { return true }
        guard end < bytes.count else { return false }
        if bytes[end] == 0x25 { return true }
        if bytes[end] == 0x2E || bytes[end] == 0x2C, end + 1 < bytes.count, ErrorText.isDigit(bytes[end + 1]) {
            return true
        }
        guard bytes[end] == 0x20 else { return false }
        let nextWord = bytes[(end + 1)...].prefix { ErrorText.isAlphanumeric($0) }
        return Self.countedThings.contains { nextWord.elementsEqual($0.utf8) }
    }

    private static let countedThings = [
        "token", "tokens", "request", "requests", "second", "seconds", "s", "ms", "minutes", "hours", "days", "bytes",
        "kb", "mb", "item", "items", "character", "characters", "chars", "message", "messages", "words", "times",
        "images", "files", "of",
    ]
}

/// The last resort: the class of an error of which only text is known.
///
/// Applied to messages of errors only, never to what a model wrote.
enum TextPatterns {
    /// The class that an error's text speaks of; nil when it says nothing known.
    static func errorClass(of text: FoldedText) -> ErrorClass? {
        if text.mentionsStatus("429") { return .rateLimited }
        if let match = retryable.first(where: { text.containsAny(of: $0.phrases) }) { return match.errorClass }
        if text.mentionsStatus("402") { return .quotaExhausted }
        return notRetryable.first { text.containsAny(of: $0.phrases) }?.errorClass
    }

    private typealias Pattern = (phrases: [String], errorClass: ErrorClass)

    /// The retryable come first: "authentication service timed out" is a time-out.
    private static let retryable: [Pattern] = [
        (["rate limit", "rate limits", "rate limited", "rate limiting", "too many requests"], .rateLimited),
        (["timed out", "timeout", "timeouts", "gateway timeout", "deadline exceeded"], .timeout),
        (["service unavailable", "temporarily unavailable", "overloaded", "server busy"], .overloaded),
        (
            [
                "connection error", "connection errors", "connection reset", "connection refused",
                "connection closed", "server disconnected", "internal server error", "bad gateway",
            ], .transient
        ),
    ]

    private static let notRetryable: [Pattern] = [
        (
            [
                "unauthorized", "unauthenticated", "authentication", "invalid api key", "incorrect api key",
                "forbidden", "permission denied",
            ], .authentication
        ),
        (["payment required"], .quotaExhausted),
        (["not found", "validation error", "validation errors", "bad request"], .permanent),
    ]
}
