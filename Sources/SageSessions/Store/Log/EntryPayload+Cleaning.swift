extension String {
    /// The text without NUL.
    var cleaned: String {
        var text = self
        TextCleaner.clean(&text)
        return text
    }
}

extension EntryPayload {
    /// The payload with its texts cleaned; ids stay as they are.
    var cleaned: EntryPayload {
        switch self {
        case .message(let message): .message(Self.cleaned(message))
        case .turnBegan(let turn, let key, let fingerprint, let model):
            .turnBegan(
                turn: turn, idempotencyKey: key, fingerprint: fingerprint?.cleaned, model: model?.cleaned)
        case .partial(let turn, let text): .partial(turn: turn, text: text.cleaned)
        case .toolStarted(let turn, let call, let isRepeatable):
            .toolStarted(turn: turn, call: Self.cleaned(call), isRepeatable: isRepeatable)
        case .toolFinished(let turn, var result):
            {
                result.text = result.text.cleaned
                return .toolFinished(turn: turn, result: result)
            }()
        case .turnEnded(var end):
            {
                end.answer = end.answer.map(Self.cleaned)
                end.model = end.model?.cleaned
                end.target = end.target?.cleaned
                end.stopReason = end.stopReason?.cleaned
                end.error = end.error?.cleaned
                return .turnEnded(end)
            }()
        case .interrupted(let turn, let reason): .interrupted(turn: turn, reason: reason.cleaned)
        case .repair(let kind, let detail): .repair(kind: kind.cleaned, detail: detail.cleaned)
        case .compaction(let summary, let covers): .compaction(summary: Self.cleaned(summary), covers: covers)
        case .imported(let format, let extra): .imported(format: format.cleaned, extra: Self.cleaned(extra))
        case .note(let json): .note(Self.cleaned(json))
        case .forked, .unknown: self
        }
    }

    private static func cleaned(_ message: Message) -> Message {
        var message = message
        TextCleaner.clean(&message)
        return message
    }

    private static func cleaned(_ call: ToolCall) -> ToolCall {
        var message = Message(role: .assistant, parts: [.toolCall(call)])
        TextCleaner.clean(&message)
        return message.toolCalls.first ?? call
    }

    private static func cleaned(_ json: JSONText) -> JSONText {
        var json = json
        TextCleaner.clean(&json)
        return json
    }
}

extension EntryPayload {
    /// The bytes of the texts that may be large; never more than the payload's JSON has.
    var textBytes: Int {
        switch self {
        case .message(let message), .compaction(let message, _): message.byteCount
        case .partial(_, let text): text.utf8.count
        case .toolStarted(_, let call, _): call.arguments.utf8.count
        case .toolFinished(_, let result): result.text.utf8.count
        case .turnEnded(let end): (end.answer?.byteCount ?? 0) + (end.error?.utf8.count ?? 0)
        case .imported(_, let json), .note(let json), .unknown(_, let json): json.text.utf8.count
        case .turnBegan, .interrupted, .repair, .forked: 0
        }
    }
}
