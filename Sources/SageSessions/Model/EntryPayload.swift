/// What an entry of a conversation's log says.
///
/// Stored as JSON with a `kind` word, keys sorted, the same bytes for the same value every time. An entry of a kind that
/// this version does not know is kept as it is.
@nonexhaustive
public enum EntryPayload: Sendable, Hashable {
    /// A message.
    case message(Message)
    /// A turn began; its user message follows or stands before.
    case turnBegan(turn: String, idempotencyKey: String? = nil, fingerprint: String? = nil, model: String? = nil)
    /// A piece of the answer: what came since the last one.
    case partial(turn: String, text: String)
    /// A tool is about to run; `isRepeatable` says whether it may run twice.
    case toolStarted(turn: String, call: ToolCall, isRepeatable: Bool)
    /// A tool has run.
    case toolFinished(turn: String, result: ToolResult)
    /// A turn ended.
    case turnEnded(TurnEnd)
    /// A turn was found broken off.
    case interrupted(turn: String, reason: String)
    /// Something was mended; `kind` says what, see ``RepairKind``.
    case repair(kind: String, detail: String)
    /// A range of entries that its summary stands for in views.
    case compaction(summary: Message, covers: ClosedRange<Int64>)
    /// The conversation began as a copy of another one up to an entry.
    case forked(from: String, seq: Int64)
    /// What was before comes from elsewhere; `extra` keeps what the format has beside messages.
    case imported(format: String, extra: JSONText)
    /// Something that a program keeps with the conversation and no view shows.
    case note(JSONText)
    /// An entry of a later version.
    case unknown(kind: String, json: JSONText)
}

extension EntryPayload {
    /// The word that tells the kinds apart.
    public var kind: String {
        switch self {
        case .message: "message"
        case .turnBegan: "turnBegan"
        case .partial: "partial"
        case .toolStarted: "toolStarted"
        case .toolFinished: "toolFinished"
        case .turnEnded: "turnEnded"
        case .interrupted: "interrupted"
        case .repair: "repair"
        case .compaction: "compaction"
        case .forked: "forked"
        case .imported: "imported"
        case .note: "note"
        case .unknown(let kind, _): kind
        }
    }

    /// The turn that the entry belongs to; nil if it belongs to none.
    public var turn: String? {
        switch self {
        case .turnBegan(let turn, _, _, _), .partial(let turn, _), .toolStarted(let turn, _, _),
            .toolFinished(let turn, _), .interrupted(let turn, _):
            turn
        case .turnEnded(let end): end.turn
        case .message, .repair, .compaction, .forked, .imported, .note, .unknown: nil
        }
    }

    /// The record that lifts a compaction.
    ///
    /// - Parameter seq: The place of the ``compaction(summary:covers:)`` entry.
    public static func compactionUndone(_ seq: Int64) -> EntryPayload {
        .repair(kind: RepairKind.compactionUndone, detail: String(seq))
    }
}

/// The words of repairs that views know.
public enum RepairKind {
    /// A compaction is lifted; the detail is the place of its entry.
    public static let compactionUndone = "compactionUndone"
}
