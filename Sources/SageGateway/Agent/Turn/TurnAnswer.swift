import SageLLM
import SageSessions

/// What a turn has come to, as `/chat` answers it.
struct TurnAnswer: Sendable {
    /// The conversation, as the client names it.
    var sessionID: String
    var reply = ""
    /// The model that was asked for.
    var model: String?
    /// Who has answered, `provider/model`.
    var target: String?
    var usage: SageSessions.Usage?
    var stopReason: String?
    /// The memories that the model was shown.
    var recalled: [JSONValue] = []
    var degraded: [Degradation] = []
    /// How many calls of providers it took; nil for an answer that was given before.
    var attempts: Int?
    var fallbacks: Int?
    /// How long models and tools were waited for.
    var waited = Duration.zero

    var json: JSONValue {
        var members: JSONObject = ["session_id": .string(sessionID), "reply": .string(reply)]
        members["model"] = model.map { .string($0) } ?? .null
        members["target"] = target.map { .string($0) } ?? .null
        members["usage"] = usage.map(Self.json) ?? .null
        members["stop_reason"] = stopReason.map { .string($0) } ?? .null
        members["recalled"] = .array(recalled)
        members["degraded"] = .array(degraded.map(\.json))
        return .object(members)
    }

    private static func json(_ usage: SageSessions.Usage) -> JSONValue {
        var members = JSONObject()
        members["input_tokens"] = usage.inputTokens.map { .integer($0) } ?? .null
        members["output_tokens"] = usage.outputTokens.map { .integer($0) } ?? .null
        if let cached = usage.cachedInputTokens { members["cached_input_tokens"] = .integer(cached) }
        return .object(members)
    }
}

extension TurnAnswer {
    /// The word by which the note with the rest of an answer is found again.
    private static let noteKind = "chat.answer"

    /// What the end of a turn in the log does not say of the answer; nil when it says everything.
    ///
    /// - Parameter isWhole: Whether the log has the reply in one piece, as it has unless the turn was interrupted.
    func note(turn: String, isWhole: Bool) -> JSONValue? {
        guard !isWhole || !recalled.isEmpty || !degraded.isEmpty else { return nil }
        var members: JSONObject = [
            "note": .string(Self.noteKind), "turn": .string(turn), "recalled": .array(recalled),
            "degraded": .array(degraded.map(\.json)),
        ]
        if !isWhole { members["reply"] = .string(reply) }
        return .object(members)
    }

    /// The answer of a turn that has ended.
    ///
    /// - Parameters:
    ///   - sessionID: The conversation, as the client names it.
    ///   - end: The end of the turn.
    ///   - entries: Those of the turn, among which a note may stand.
    init(sessionID: String, _ end: TurnEnd, _ entries: [DecodedEntry]) {
        self.sessionID = sessionID
        reply = end.answer?.text ?? ""
        model = end.model
        target = end.target
        usage = end.usage
        stopReason = end.stopReason
        for entry in entries.reversed() {
            guard case .note(let text) = entry.payload, let note = try? JSONValue(parsing: text.text),
                note["note"]?.stringValue == Self.noteKind, note["turn"]?.stringValue == end.turn
            else { continue }
            reply = note["reply"]?.stringValue ?? reply
            recalled = note["recalled"]?.arrayValue ?? []
            degraded = (note["degraded"]?.arrayValue ?? []).compactMap { item in
                guard let what = item["what"]?.stringValue, let why = item["why"]?.stringValue else { return nil }
                return Degradation(what: what, why: why)
            }
            break
        }
    }

    init(sessionID: String, model: String) {
        self.sessionID = sessionID
        self.model = model
    }
}
