/// Phrases that tell the class of an error of which only text is known, the more telling first.
///
/// A search is one pass over a text of bounded length, whatever the text is.
struct TextPatterns: Sendable {
    /// Phrases of one class.
    struct Group: Sendable {
        let errorClass: ErrorClass
        let phrases: [String]
        /// Whether the phrases count only outside quotation marks, because they are as likely to be quoted: "not found"
        /// in what a model wrote is not a 404.
        var isUnquoted = false
        /// Whether the phrases say that it was the connection that failed.
        var isConnection = false
    }

    private struct Pattern: Sendable {
        let rank: Int
        let bytes: [UInt8]
        let errorClass: ErrorClass
        let isUnquoted: Bool
        let isConnection: Bool
    }

    /// By their first byte.
    private var patterns = [[Pattern]](repeating: [], count: 256)
    /// Whether an HTTP status that the text names counts, before all phrases.
    private let readsStatus: Bool

    init(_ groups: [Group], readsStatus: Bool = false) {
        self.readsStatus = readsStatus
        var rank = 0
        for group in groups {
            for phrase in group.phrases {
                var bytes = FoldedText(phrase).bytes
                if bytes.last == 0x20 { bytes.removeLast() }
                guard let first = bytes.first else { continue }
                patterns[Int(first)].append(
                    Pattern(
                        rank: rank, bytes: bytes, errorClass: group.errorClass, isUnquoted: group.isUnquoted,
                        isConnection: group.isConnection))
                rank += 1
            }
        }
    }

    /// What a text speaks of; nil when it says nothing known.
    func classification(of text: FoldedText) -> ErrorClassification? {
        var best: Pattern?
        var status: Int?
        var isQuoted = false
        for position in text.bytes.indices {
            let byte = text.bytes[position]
            if byte == 0x22 {
                if position == 0 || text.bytes[position - 1] != 0x5C { isQuoted.toggle() }
            } else if readsStatus, status == nil, !isQuoted, FoldedText.isDigit(byte) {
                status = MentionedStatus.read(text, at: position)
            }
            // No phrase begins within a word.
            if position > 0, FoldedText.isAlphanumeric(byte), FoldedText.isAlphanumeric(text.bytes[position - 1]) {
                continue
            }
            for pattern in patterns[Int(byte)] {
                if let best, best.rank <= pattern.rank { break }
                let range = position..<position + pattern.bytes.count
                guard !(isQuoted && pattern.isUnquoted), range.upperBound <= text.bytes.count,
                    text.isPhrase(range), text.bytes[range].elementsEqual(pattern.bytes)
                else { continue }
                best = pattern
                break
            }
        }
        let phrase = best.map { ErrorClassification($0.errorClass, isConnection: $0.isConnection) }
        guard let status = status.map({ ErrorClassification(httpStatus: $0) }) else { return phrase }
        // A phrase may say which 400 or 429 it is; any other status says more than a phrase.
        switch (status.errorClass, phrase?.errorClass) {
        case (.permanent, .contextWindow), (.permanent, .contentPolicy), (.permanent, .quotaExhausted),
            (.rateLimited, .quotaExhausted):
            return phrase
        default: return status
        }
    }
}

/// Finds the HTTP statuses that a text names.
private enum MentionedStatus {
    /// The status of an error whose digits begin here, as in "HTTP 503", "error code: 429" or, at the beginning of the
    /// text, "502 Server Error"; nil for an amount, as in "429 tokens", "1429" or "$4.29".
    static func read(_ text: FoldedText, at start: Int) -> Int? {
        let bytes = text.bytes
        let end = start + 3
        guard end <= bytes.count, text.isPhrase(start..<end), bytes[start..<end].allSatisfy(FoldedText.isDigit) else {
            return nil
        }
        let status = bytes[start..<end].reduce(0) { $0 * 10 + Int($1 - 0x30) }
        guard (400...599).contains(status), !isAmount(bytes, end), isIntroduced(bytes, start, end) else { return nil }
        return status
    }

    private static let introductions: Set<String> = [
        "answered", "code", "error", "http", "response", "returned", "status", "statuscode",
    ]

    private static func isIntroduced(_ bytes: [UInt8], _ start: Int, _ end: Int) -> Bool {
        // "HTTP/1.1 503": the version is no word.
        var before = bytes[..<start].suffix(32)
        if before.last == 0x20, let slash = before.lastIndex(of: 0x2F),
            before[(slash + 1)...].dropLast().allSatisfy({ FoldedText.isDigit($0) || $0 == 0x2E })
        {
            before = before[..<slash]
        }
        let separators = before.reversed().prefix { !FoldedText.isAlphanumeric($0) }
        // A sign or a point before the digits: the number goes on to the left.
        guard separators.count <= 4, !separators.contains(where: { [0x2D, 0x2E, 0x2C, 0x24, 0x3B].contains($0) }) else {
            return isOpening(bytes, start, end)
        }
        let word = before.dropLast(separators.count).reversed().prefix(while: FoldedText.isLetter).reversed()
        return introductions.contains(String(decoding: Array(word), as: UTF8.self)) || isOpening(bytes, start, end)
    }

    /// Whether the status begins a sentence, as in "502 Server Error: Bad Gateway".
    private static func isOpening(_ bytes: [UInt8], _ start: Int, _ end: Int) -> Bool {
        guard start == 0 || start >= 2 && bytes[start - 2] == 0x3B else { return false }
        let rest = bytes[end...]
        return [":", " client error", " server error"].contains { rest.starts(with: $0.utf8) }
    }

    private static func isAmount(_ bytes: [UInt8], _ end: Int) -> Bool {
        guard end < bytes.count else { return false }
        if bytes[end] == 0x25 { return true }
        if bytes[end] == 0x2E || bytes[end] == 0x2C, end + 1 < bytes.count, FoldedText.isDigit(bytes[end + 1]) {
            return true
        }
        guard bytes[end] == 0x20 else { return false }
        return countedThings.contains(
            String(decoding: bytes[(end + 1)...].prefix(16).prefix(while: FoldedText.isAlphanumeric), as: UTF8.self))
    }

    private static let countedThings: Set<String> = [
        "bytes", "characters", "days", "files", "hours", "images", "items", "kb", "lines", "mb", "messages", "minutes",
        "ms", "of", "records", "requests", "rows", "s", "seconds", "times", "tokens", "words",
    ]
}
