/// What one document of the Responses interface tells, a response or an event, found without decoding it.
struct ResponsesEventScan: Sendable {
    /// The kind of the top level.
    private(set) var root = JSONKind.object
    /// The `type` of an event; empty in a response.
    private(set) var type = ""
    /// Where an error stands: the value of `error`, or the whole document of one that failed without saying why.
    private(set) var error: Range<Int>?
    /// Whether the event carries something of the answer.
    private(set) var hasContent = false
    /// Whether there is an `output`, of the document or of the response in it.
    private(set) var hasOutput = false
    /// `completed`, `failed`, ...; nil if not told.
    private(set) var status: String?
    /// Why a response is incomplete.
    private(set) var incompleteReason: String?
    private(set) var usage: TokenCounts?
    /// The bytes of the document.
    private(set) var document = 0..<0

    private var hasCode = false
    private var hasMessage = false

    /// Scans a document.
    init(_ bytes: RawSpan) throws(JSONScanError) {
        var scanner = JSONScanner()
        try scanner.skipDocumentStart(in: bytes)
        root = try scanner.kindOfValue(in: bytes)
        guard root == .object else {
            document = try JSONScanner.validate(bytes).range
            return
        }
        var hasDelta = false
        var item: JSONToken?
        var members = try JSONMembers(document: bytes)
        while let member = try members.next(in: bytes) {
            let value = member.value
            if member.hasKey("type", in: bytes) {
                if value.kind == .string { type = JSONString.decode(value.range, in: bytes) }
            } else if member.hasKey("delta", in: bytes) {
                hasDelta = value.isTruthy(in: bytes)
            } else if member.hasKey("response", in: bytes) {
                if value.kind == .object { try scanResponse(JSONMembers(at: value.range.lowerBound), in: bytes) }
            } else if member.hasKey("item", in: bytes) {
                item = value
            } else {
                try scan(member, in: bytes)
            }
        }
        document = members.range
        switch type {
        case "response.output_item.done": hasContent = item?.kind == .object
        case "response.image_generation_call.partial_image": hasContent = true
        default: hasContent = hasDelta && type.hasSuffix(".delta")
        }
        let isFailure =
            type == "error" || type == "response.failed" || type == "response.cancelled"
            || status == "failed" || status == "cancelled" || type.isEmpty && !hasOutput && hasCode && hasMessage
        if error == nil, isFailure { error = document }
    }

    private mutating func scanResponse(_ start: JSONMembers, in bytes: RawSpan) throws(JSONScanError) {
        var members = start
        while let member = try members.next(in: bytes) { try scan(member, in: bytes) }
    }

    private mutating func scan(_ member: JSONMember, in bytes: RawSpan) throws(JSONScanError) {
        let value = member.value
        if member.hasKey("error", in: bytes) {
            if value.isTruthy(in: bytes) { error = value.range }
        } else if member.hasKey("status", in: bytes) {
            if value.kind == .string { status = JSONString.decode(value.range, in: bytes) }
        } else if member.hasKey("output", in: bytes) {
            hasOutput = value.kind == .array
        } else if member.hasKey("usage", in: bytes) {
            usage = try TokenCounts(responses: value, in: bytes) ?? usage
        } else if member.hasKey("incomplete_details", in: bytes) {
            if value.kind == .object { incompleteReason = try Self.reason(value, in: bytes) }
        } else if member.hasKey("code", in: bytes) {
            hasCode = value.isTruthy(in: bytes)
        } else if member.hasKey("message", in: bytes) {
            hasMessage = value.kind == .string && value.isTruthy(in: bytes)
        }
    }

    private static func reason(_ details: JSONToken, in bytes: RawSpan) throws(JSONScanError) -> String? {
        var members = JSONMembers(at: details.range.lowerBound)
        while let member = try members.next(in: bytes) {
            guard member.hasKey("reason", in: bytes), member.value.kind == .string else { continue }
            return JSONString.decode(member.value.range, in: bytes)
        }
        return nil
    }
}
