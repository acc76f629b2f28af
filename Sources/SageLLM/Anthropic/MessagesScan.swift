/// What one document of Anthropic's messages, a whole answer or the data of an event, tells, found without decoding it.
struct MessagesScan: Sendable {
    /// What the `type` of a document says it is.
    enum Kind: Sendable, Hashable {
        case message, messageStart, blockStart, blockDelta, blockStop, messageDelta, messageStop, ping, error
        /// A type that is not known, or none.
        case other
    }

    /// The kind of the top level.
    private(set) var root = JSONKind.object
    private(set) var kind = Kind.other
    /// Where an error stands: the whole document, since it names the request beside the error.
    private(set) var error: Range<Int>?
    /// Whether there is a `content` array.
    private(set) var hasContentArray = false
    /// Whether there is something of the answer.
    private(set) var hasContent = false
    private(set) var stopReason: String?
    /// The value of a top-level `input_tokens`, of which an answer of count_tokens consists.
    private(set) var inputTokens: Int?

    private var hasError = false
    private var hasCode = false
    private var hasMessageText = false
    private var isErrorObject = false

    /// Scans a document, and takes its token counts in.
    init(_ bytes: RawSpan, usage: inout MessagesUsage) throws(JSONScanError) {
        var scanner = JSONScanner()
        try scanner.skipDocumentStart(in: bytes)
        root = try scanner.kindOfValue(in: bytes)
        guard root == .object else {
            try JSONScanner.validate(bytes)
            return
        }
        var members = try JSONMembers(document: bytes)
        while let member = try members.next(in: bytes) {
            try read(member, in: bytes, usage: &usage)
        }
        let isForeignError = !hasContentArray && kind == .other && (isErrorObject || hasCode && hasMessageText)
        if hasError || kind == .error || isForeignError { error = members.range }
    }

    private mutating func read(
        _ member: JSONMember, in bytes: RawSpan, usage: inout MessagesUsage
    ) throws(JSONScanError) {
        let value = member.value
        if member.hasKey("type", in: bytes) {
            if value.kind == .string { kind = Self.kind(value, in: bytes) }
        } else if member.hasKey("delta", in: bytes) || member.hasKey("content_block", in: bytes) {
            try scanBlock(value, in: bytes)
        } else if member.hasKey("message", in: bytes) {
            if value.kind == .object {
                try scanMessage(value, in: bytes, usage: &usage)
            } else {
                hasMessageText = value.kind == .string && value.isTruthy(in: bytes)
            }
        } else if member.hasKey("usage", in: bytes) {
            try usage.read(value, in: bytes)
        } else if member.hasKey("content", in: bytes) {
            try scanContent(value, in: bytes)
        } else if member.hasKey("stop_reason", in: bytes) {
            readStopReason(value, in: bytes)
        } else if member.hasKey("error", in: bytes) {
            hasError = value.isTruthy(in: bytes)
        } else if member.hasKey("input_tokens", in: bytes) {
            if value.kind == .number { inputTokens = JSONNumber.integer(value.range, in: bytes) }
        } else if member.hasKey("object", in: bytes) {
            isErrorObject = bytes.equals("\"error\"", in: value.range)
        } else if member.hasKey("code", in: bytes) {
            hasCode = value.isTruthy(in: bytes)
        }
    }

    private static func kind(_ token: JSONToken, in bytes: RawSpan) -> Kind {
        let range = token.range
        if bytes.equals("\"content_block_delta\"", in: range) { return .blockDelta }
        if bytes.equals("\"content_block_start\"", in: range) { return .blockStart }
        if bytes.equals("\"content_block_stop\"", in: range) { return .blockStop }
        if bytes.equals("\"message_start\"", in: range) { return .messageStart }
        if bytes.equals("\"message_delta\"", in: range) { return .messageDelta }
        if bytes.equals("\"message_stop\"", in: range) { return .messageStop }
        if bytes.equals("\"ping\"", in: range) { return .ping }
        if bytes.equals("\"message\"", in: range) { return .message }
        if bytes.equals("\"error\"", in: range) { return .error }
        return .other
    }

    /// The `message` of message_start, which is one without content.
    private mutating func scanMessage(
        _ token: JSONToken, in bytes: RawSpan, usage: inout MessagesUsage
    ) throws(JSONScanError) {
        var members = JSONMembers(at: token.range.lowerBound)
        while let member = try members.next(in: bytes) {
            if member.hasKey("usage", in: bytes) {
                try usage.read(member.value, in: bytes)
            } else if member.hasKey("content", in: bytes) {
                hasContent = hasContent || member.value.kind == .array && member.value.isTruthy(in: bytes)
            } else if member.hasKey("stop_reason", in: bytes) {
                readStopReason(member.value, in: bytes)
            }
        }
    }

    private mutating func scanContent(_ value: JSONToken, in bytes: RawSpan) throws(JSONScanError) {
        guard value.kind == .array else { return }
        hasContentArray = true
        var elements = JSONElements(at: value.range.lowerBound)
        while let element = try elements.next(in: bytes) { try scanBlock(element, in: bytes) }
    }

    /// A content block, a delta of one, or the delta of a message.
    ///
    /// A text begins empty, and a call with its name: whatever is not empty is a part of the answer, except for what
    /// only says of which kind it is, or how the answer ended.
    private mutating func scanBlock(_ value: JSONToken, in bytes: RawSpan) throws(JSONScanError) {
        guard value.kind == .object else { return }
        var members = JSONMembers(at: value.range.lowerBound)
        while let member = try members.next(in: bytes) {
            if member.hasKey("stop_reason", in: bytes) {
                readStopReason(member.value, in: bytes)
            } else if !hasContent, !Self.formalKeys.contains(where: { member.hasKey($0, in: bytes) }) {
                hasContent = member.value.isTruthy(in: bytes)
            }
        }
    }

    private static let formalKeys = ["type", "stop_sequence", "stop_details", "container"]

    private mutating func readStopReason(_ value: JSONToken, in bytes: RawSpan) {
        guard value.kind == .string, value.isTruthy(in: bytes) else { return }
        stopReason = JSONString.decode(value.range, in: bytes)
    }
}

extension MessagesScan.Kind {
    /// The name of the event; nil for what is none.
    var eventName: String? {
        switch self {
        case .messageStart: "message_start"
        case .blockStart: "content_block_start"
        case .blockDelta: "content_block_delta"
        case .blockStop: "content_block_stop"
        case .messageDelta: "message_delta"
        case .messageStop: "message_stop"
        case .ping: "ping"
        case .error: "error"
        case .message, .other: nil
        }
    }
}
