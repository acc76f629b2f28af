/// What one `GenerateContentResponse` tells, found without decoding it.
struct GenerateContentScan: Sendable {
    /// The kind of the top level.
    private(set) var root = JSONKind.object
    /// Where an error stands: the value of `error`, or the whole document of a prompt that was blocked.
    private(set) var error: Range<Int>?
    /// How many candidates there are; nil without such an array.
    private(set) var candidateCount: Int?
    /// Whether any candidate carries something of the answer.
    private(set) var hasContent = false
    /// The index of each candidate and why it finished; nil while it has not.
    private(set) var candidates: [(index: Int, finishReason: String?)] = []
    private(set) var usage: TokenCounts?
    /// The bytes of the document.
    private(set) var document = 0..<0

    /// Scans a document.
    init(_ bytes: RawSpan) throws(JSONScanError) {
        var scanner = JSONScanner()
        try scanner.skipDocumentStart(in: bytes)
        root = try scanner.kindOfValue(in: bytes)
        if root == .object {
            try scanTop(JSONMembers(document: bytes), in: bytes)
            return
        }
        let token = try JSONScanner.validate(bytes)
        document = token.range
        guard root == .array else { return }
        // An error may come in an array of one.
        var elements = JSONElements(at: token.range.lowerBound)
        guard let first = try elements.next(in: bytes), first.kind == .object else { return }
        try scanTop(JSONMembers(at: first.range.lowerBound), in: bytes)
    }

    private mutating func scanTop(_ start: JSONMembers, in bytes: RawSpan) throws(JSONScanError) {
        var members = start
        var isBlocked = false
        while let member = try members.next(in: bytes) {
            let value = member.value
            if member.hasKey("candidates", in: bytes) {
                if value.kind == .array { try scanCandidates(value, in: bytes) }
            } else if member.hasKey("error", in: bytes) {
                if value.isTruthy(in: bytes) { error = value.range }
            } else if member.hasKey("usageMetadata", in: bytes) {
                usage = try TokenCounts(gemini: value, in: bytes) ?? usage
            } else if member.hasKey("promptFeedback", in: bytes) {
                if value.kind == .object { isBlocked = try Self.isBlocked(value, in: bytes) }
            }
        }
        document = members.range
        if error == nil, isBlocked, candidateCount ?? 0 == 0 { error = document }
    }

    private static func isBlocked(_ feedback: JSONToken, in bytes: RawSpan) throws(JSONScanError) -> Bool {
        var members = JSONMembers(at: feedback.range.lowerBound)
        while let member = try members.next(in: bytes) {
            guard member.hasKey("blockReason", in: bytes), member.value.kind == .string else { continue }
            return !["\"BLOCK_REASON_UNSPECIFIED\"", "\"BLOCKED_REASON_UNSPECIFIED\""].contains {
                bytes.equals($0, in: member.value.range)
            }
        }
        return false
    }

    private mutating func scanCandidates(_ array: JSONToken, in bytes: RawSpan) throws(JSONScanError) {
        var elements = JSONElements(at: array.range.lowerBound)
        var count = 0
        while let candidate = try elements.next(in: bytes) {
            if candidate.kind == .object { try scanCandidate(candidate, position: count, in: bytes) }
            count += 1
        }
        candidateCount = count
    }

    private mutating func scanCandidate(
        _ candidate: JSONToken, position: Int, in bytes: RawSpan
    ) throws(JSONScanError) {
        var index = position
        var finishReason: String?
        var members = JSONMembers(at: candidate.range.lowerBound)
        while let member = try members.next(in: bytes) {
            let value = member.value
            if member.hasKey("content", in: bytes) {
                if value.kind == .object, !hasContent { try scanContent(value, in: bytes) }
            } else if member.hasKey("index", in: bytes) {
                if value.kind == .number { index = JSONNumber.integer(value.range, in: bytes) ?? index }
            } else if member.hasKey("finishReason", in: bytes) {
                if value.kind == .string, value.isTruthy(in: bytes),
                    !bytes.equals("\"FINISH_REASON_UNSPECIFIED\"", in: value.range)
                {
                    finishReason = JSONString.decode(value.range, in: bytes)
                }
            }
        }
        candidates.append((index, finishReason))
    }

    private mutating func scanContent(_ content: JSONToken, in bytes: RawSpan) throws(JSONScanError) {
        var members = JSONMembers(at: content.range.lowerBound)
        while let member = try members.next(in: bytes) {
            guard member.hasKey("parts", in: bytes), member.value.kind == .array else { continue }
            var parts = JSONElements(at: member.value.range.lowerBound)
            while !hasContent, let part = try parts.next(in: bytes) {
                if part.kind == .object { try scanPart(part, in: bytes) }
            }
        }
    }

    /// The members of a part that say something; `thoughtSignature` and `thought` do not.
    private static let contentKeys = [
        "text", "functionCall", "inlineData", "fileData", "executableCode", "codeExecutionResult", "toolCall",
        "toolResponse",
    ]

    private mutating func scanPart(_ part: JSONToken, in bytes: RawSpan) throws(JSONScanError) {
        var members = JSONMembers(at: part.range.lowerBound)
        while !hasContent, let member = try members.next(in: bytes) {
            guard member.value.isTruthy(in: bytes) else { continue }
            hasContent = Self.contentKeys.contains { member.hasKey($0, in: bytes) }
        }
    }
}
