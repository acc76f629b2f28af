extension EntryPayload {
    /// The payload as JSON in UTF-8: keys sorted, the same bytes for the same value every time.
    public var jsonBytes: [UInt8] {
        if case .unknown(_, let json) = self { return [UInt8](json.text.utf8) }
        var writer = PayloadWriter()
        writer.object { write(to: &$0) }
        return writer.bytes
    }

    /// Reads a payload that ``jsonBytes`` wrote, or that a later version wrote.
    ///
    /// - Parameter bytes: JSON in UTF-8.
    /// - Throws: ``PayloadError``, which names the field.
    public init(jsonBytes bytes: [UInt8]) throws(PayloadError) {
        self = try EntryPayload(payload: try JSONNode(payload: bytes))
    }

    init(payload node: JSONNode) throws(PayloadError) {
        let fields = try PayloadFields(node)
        let kind = try fields.requiredString("kind")
        switch kind {
        case "message":
            self = .message(try fields.requiredObject("message"))
        case "turnBegan":
            self = .turnBegan(
                turn: try fields.requiredString("turn"), idempotencyKey: try fields.string("idempotencyKey"),
                fingerprint: try fields.string("fingerprint"), model: try fields.string("model"))
        case "partial":
            self = .partial(turn: try fields.requiredString("turn"), text: try fields.requiredString("text"))
        case "toolStarted":
            let call = try fields.requiredObject("call", ToolCall.self)
            self = .toolStarted(
                turn: try fields.requiredString("turn"), call: call, isRepeatable: try fields.flag("repeatable"))
        case "toolFinished":
            let result = try fields.requiredObject("result", ToolResult.self)
            self = .toolFinished(turn: try fields.requiredString("turn"), result: result)
        case "turnEnded": self = .turnEnded(try TurnEnd(fields))
        case "interrupted":
            self = .interrupted(turn: try fields.requiredString("turn"), reason: try fields.requiredString("reason"))
        case "repair":
            self = .repair(kind: try fields.requiredString("repair"), detail: try fields.requiredString("detail"))
        case "compaction":
            let first = try fields.requiredInteger("first")
            let last = try fields.requiredInteger("last")
            guard first <= last else {
                throw PayloadError(field: "last", found: String(last), allowed: "\(first) or more")
            }
            self = .compaction(summary: try fields.requiredObject("summary"), covers: first...last)
        case "forked":
            self = .forked(from: try fields.requiredString("from"), seq: try fields.requiredInteger("seq"))
        case "imported":
            self = .imported(
                format: try fields.requiredString("format"), extra: JSONText(node["extra"] ?? .null))
        case "note": self = .note(JSONText(node["note"] ?? .null))
        default: self = .unknown(kind: kind, json: JSONText(node))
        }
    }

    private func write(to writer: inout PayloadWriter) {
        switch self {
        case .message(let message):
            writer.field("kind", kind)
            writer.field("message", object: message.write)
        case .turnBegan(let turn, let idempotencyKey, let fingerprint, let model):
            writer.field("fingerprint", fingerprint)
            writer.field("idempotencyKey", idempotencyKey)
            writer.field("kind", kind)
            writer.field("model", model)
            writer.field("turn", turn)
        case .partial(let turn, let text):
            writer.field("kind", kind)
            writer.field("text", text)
            writer.field("turn", turn)
        case .toolStarted(let turn, let call, let isRepeatable):
            writer.field("call", object: { call.write(to: &$0) })
            writer.field("kind", kind)
            writer.flag("repeatable", isRepeatable)
            writer.field("turn", turn)
        case .toolFinished(let turn, let result):
            writer.field("kind", kind)
            writer.field("result", object: { result.write(to: &$0) })
            writer.field("turn", turn)
        case .turnEnded(let end): end.write(to: &writer, kind: kind)
        case .interrupted(let turn, let reason):
            writer.field("kind", kind)
            writer.field("reason", reason)
            writer.field("turn", turn)
        case .repair(let repair, let detail):
            writer.field("detail", detail)
            writer.field("kind", kind)
            writer.field("repair", repair)
        case .compaction(let summary, let covers):
            writer.field("first", covers.lowerBound)
            writer.field("kind", kind)
            writer.field("last", covers.upperBound)
            writer.field("summary", object: summary.write)
        case .forked(let from, let seq):
            writer.field("from", from)
            writer.field("kind", kind)
            writer.field("seq", seq)
        case .imported(let format, let extra):
            writer.field("extra", extra)
            writer.field("format", format)
            writer.field("kind", kind)
        case .note(let json):
            writer.field("kind", kind)
            writer.field("note", json)
        case .unknown: break
        }
    }
}

extension TurnEnd {
    init(_ fields: PayloadFields) throws(PayloadError) {
        self.init(
            turn: try fields.requiredString("turn"),
            answer: try fields.object("answer"),
            outcome: try fields.word("outcome", Outcome.self), model: try fields.string("model"),
            target: try fields.string("target"),
            usage: try fields.object("usage"),
            stopReason: try fields.string("stopReason"), error: try fields.string("error"))
    }

    func write(to writer: inout PayloadWriter, kind: String) {
        if let answer { writer.field("answer", object: answer.write) }
        writer.field("error", error)
        writer.field("kind", kind)
        writer.field("model", model)
        writer.field("outcome", outcome.rawValue)
        writer.field("stopReason", stopReason)
        writer.field("target", target)
        writer.field("turn", turn)
        if let usage { writer.field("usage", object: usage.write) }
    }
}
