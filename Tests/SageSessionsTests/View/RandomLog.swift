import SageSessions
import SageTesting

/// Logs as no program should write them: any kind after any other, ids from a small pool so that they collide.
struct RandomLog {
    private var random: SeededGenerator
    private let compacts: Bool

    init(seed: UInt64, compacts: Bool = true) {
        random = SeededGenerator(seed: seed)
        self.compacts = compacts
    }

    mutating func entries(_ count: Int) -> [DecodedEntry] {
        (1...Int64(count)).map { DecodedEntry(seq: $0, id: "e\($0)", payload: payload(at: $0)) }
    }

    private mutating func payload(at seq: Int64) -> EntryPayload {
        let turn = random.pick(["t1", "t2"])
        switch random.below(compacts ? 26 : 24) {
        case 0..<4: return .message(Message(role: .user, parts: parts(.user)))
        case 4..<9:
            return .message(Message(role: .assistant, parts: parts(.assistant), isInterrupted: random.chance(9)))
        case 9..<12: return .message(Message(role: .tool, parts: parts(.tool)))
        case 12: return .message(Message(role: .system, parts: parts(.system)))
        case 13: return .turnBegan(turn: turn)
        case 14, 15: return .partial(turn: turn, text: random.pick(["some ", "text", " \n", ""]))
        case 16, 17: return .toolStarted(turn: turn, call: call(), isRepeatable: random.chance(50))
        case 18, 19: return .toolFinished(turn: turn, result: result())
        case 20:
            let answer = random.chance(60) ? Message(role: .assistant, parts: parts(.assistant)) : nil
            return .turnEnded(TurnEnd(turn: turn, answer: answer, outcome: random.pick(TurnEnd.Outcome.allCases)))
        case 21: return .interrupted(turn: turn, reason: "killed")
        case 22: return random.chance(50) ? .note(JSONText.null) : .unknown(kind: "later", json: JSONText.null)
        case 23: return .forked(from: "x", seq: 1)
        case 24:
            let first = Int64(random.below(Int(seq))) + 1
            return .compaction(
                summary: Message(role: random.pick([.user, .system, .assistant]), parts: parts(.user)),
                covers: first...first + Int64(random.below(6)))
        default: return .compactionUndone(Int64(random.below(Int(seq))) + 1)
        }
    }

    private mutating func parts(_ role: Role) -> [MessagePart] {
        var parts: [MessagePart] = []
        // Mostly what the role may have; sometimes anything.
        for _ in 0..<random.below(4) {
            let kind = random.chance(12) ? random.below(9) : usual(role)
            switch kind {
            case 0: parts.append(.text(random.pick(["hello", "world ", "", " \n\t", "\u{301}"])))
            case 1:
                let source = random.pick([ImagePart.Source.data("AAAA"), .url("https://e.com/i"), .data(""), .url("")])
                parts.append(.image(ImagePart(mediaType: random.pick([nil, "image/png"]), source: source)))
            case 2: parts.append(.thinking(text: "hm", signature: random.pick([nil, "", "sig"])))
            case 3, 4, 5: parts.append(.toolCall(call()))
            case 6, 7: parts.append(.toolResult(result()))
            default: parts.append(.raw(format: random.pick(["a", "b"]), json: JSONText.emptyObject))
            }
        }
        return parts
    }

    private mutating func usual(_ role: Role) -> Int {
        switch role {
        case .system: 0
        case .user: random.pick([0, 0, 0, 1])
        case .assistant: random.pick([0, 0, 2, 3, 4])
        case .tool: 6
        }
    }

    private mutating func call() -> ToolCall {
        ToolCall(
            id: random.pick(["c1", "c2", "c3", "", "no id", "cafe\u{301}", "caf\u{E9}"]),
            name: random.pick(["read", "write", "", "a.b"]),
            arguments: random.pick(["{}", #"{"a":1}"#, "", "{\"a\"", "[1]", "null"]))
    }

    private mutating func result() -> ToolResult {
        ToolResult(
            callID: random.pick(["c1", "c2", "c3", "", "no id", "cafe\u{301}", "caf\u{E9}", "other"]),
            text: random.pick(["", "done"]), isError: random.chance(20))
    }
}
