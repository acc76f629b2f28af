/// What one reply document, a whole completion or a chunk, tells, found without decoding it.
struct ChatReplyScan: Sendable {
    /// The kind of the top level.
    private(set) var root = JSONKind.object
    /// Where an error stands: the value of `error`, or the whole document if it has no such member.
    private(set) var error: Range<Int>?
    /// How many choices there are; nil without a `choices` array.
    private(set) var choiceCount: Int?
    /// Whether any choice carries something of the answer.
    private(set) var hasContent = false
    /// The index of each choice and why it finished; nil while it has not.
    private(set) var choices: [(index: Int, finishReason: String?)] = []
    private(set) var usage: TokenCounts?

    private var hasCode = false
    private var hasMessage = false
    private var isErrorObject = false

    /// Scans a document.
    init(_ bytes: RawSpan) throws(JSONScanError) {
        var scanner = JSONScanner()
        try scanner.skipDocumentStart(in: bytes)
        root = try scanner.kindOfValue(in: bytes)
        if root == .object {
            try scanTop(JSONMembers(document: bytes), in: bytes)
            return
        }
        let document = try JSONScanner.validate(bytes)
        guard root == .array else { return }
        // Gemini's compatible endpoint wraps an error in an array.
        var elements = JSONElements(at: document.range.lowerBound)
        guard let first = try elements.next(in: bytes), first.kind == .object else { return }
        try scanTop(JSONMembers(at: first.range.lowerBound), in: bytes)
    }

    private mutating func scanTop(_ start: JSONMembers, in bytes: RawSpan) throws(JSONScanError) {
        var members = start
        while let key = try members.nextKey(in: bytes) {
            if key.equals("choices", in: bytes), try members.kindOfValue(in: bytes) == .array {
                var elements = try members.elements(in: bytes)
                try scanChoices(&elements, in: bytes)
                members.leave(at: elements.end)
                continue
            }
            let value = try members.value(in: bytes)
            if key.equals("error", in: bytes) {
                if value.isTruthy(in: bytes) { error = value.range }
            } else if key.equals("usage", in: bytes) {
                usage = try TokenCounts(value, in: bytes) ?? usage
            } else if key.equals("object", in: bytes) {
                isErrorObject = bytes.equals("\"error\"", in: value.range)
            } else if key.equals("code", in: bytes) {
                hasCode = value.isTruthy(in: bytes)
            } else if key.equals("message", in: bytes) {
                hasMessage = value.kind == .string && value.isTruthy(in: bytes)
            }
        }
        if error == nil, choiceCount == nil, isErrorObject || hasCode && hasMessage { error = members.range }
        if error == nil, choices.contains(where: { $0.finishReason == "error" }) { error = members.range }
    }

    private mutating func scanChoices(_ elements: inout JSONElements, in bytes: RawSpan) throws(JSONScanError) {
        var count = 0
        while let kind = try elements.nextKind(in: bytes) {
            if kind == .object {
                var members = try elements.members(in: bytes)
                try scanChoice(&members, position: count, in: bytes)
                elements.leave(at: members.range.upperBound)
            } else {
                _ = try elements.value(in: bytes)
            }
            count += 1
        }
        choiceCount = count
    }

    private mutating func scanChoice(
        _ members: inout JSONMembers, position: Int, in bytes: RawSpan
    ) throws(JSONScanError) {
        var index = position
        var finishReason: String?
        while let key = try members.nextKey(in: bytes) {
            if key.equals("delta", in: bytes) || key.equals("message", in: bytes),
                try members.kindOfValue(in: bytes) == .object
            {
                var message = try members.members(in: bytes)
                try scanMessage(&message, in: bytes)
                members.leave(at: message.range.upperBound)
                continue
            }
            let value = try members.value(in: bytes)
            if key.equals("index", in: bytes) {
                if value.kind == .number { index = JSONNumber.integer(value.range, in: bytes) ?? index }
            } else if key.equals("finish_reason", in: bytes) {
                if value.kind == .string, value.isTruthy(in: bytes) {
                    finishReason = JSONString.decode(value.range, in: bytes)
                }
            } else if key.equals("error", in: bytes) {
                if error == nil, value.isTruthy(in: bytes) { error = value.range }
            } else if key.equals("text", in: bytes) {
                // The older completions endpoint.
                if value.isTruthy(in: bytes) { hasContent = true }
            }
        }
        choices.append((index, finishReason))
    }

    /// The members of a delta or message that carry the answer; `role` does not.
    private static let contentKeys = [
        "content", "tool_calls", "reasoning_content", "reasoning", "reasoning_details", "refusal", "function_call",
        "audio",
    ]

    private mutating func scanMessage(_ members: inout JSONMembers, in bytes: RawSpan) throws(JSONScanError) {
        while let member = try members.next(in: bytes) {
            guard !hasContent, member.value.isTruthy(in: bytes) else { continue }
            hasContent = Self.contentKeys.contains { member.hasKey($0, in: bytes) }
        }
    }
}

extension JSONToken {
    /// Whether the value counts as true where the official clients test it: not null, false, zero or empty.
    package func isTruthy(in bytes: RawSpan) -> Bool {
        switch kind {
        case .null: false
        case .bool: bytes.byte(at: range.lowerBound) == UInt8(ascii: "t")
        case .string: range.count > 2
        case .number: JSONNumber.value(range, in: bytes).doubleValue != 0
        case .array, .object:
            // Empty but for white space.
            range.dropFirst().dropLast().contains { bytes.byte(at: $0) > .space }
        }
    }
}
