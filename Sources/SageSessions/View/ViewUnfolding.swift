/// Turns the entries of a log into messages: partial answers, answers at the end of turns, results of tools.
struct ViewUnfolding {
    private(set) var repairs: [ViewRepair] = []
    private var items: [ViewItem] = []
    private var lastAnswer: Int?
    private var partial = ""
    private var partialSeq: Int64 = 0

    mutating func add(_ entry: DecodedEntry) {
        switch entry.payload {
        case .message(let message): add(message, seq: entry.seq)
        case .turnBegan:
            flushPartial()
            seal()
        case .partial(_, let text):
            if partial.isEmpty { partialSeq = entry.seq }
            partial += text
        case .toolStarted(let turn, let call, let isRepeatable):
            flushPartial()
            start(call, CallStart(turn: turn, isRepeatable: isRepeatable), seq: entry.seq)
            seal()
        case .toolFinished(_, let result):
            flushPartial()
            items.append(
                ViewItem(seq: entry.seq, message: Message(role: .tool, parts: [.toolResult(result)])))
        case .turnEnded(let end):
            finishTurn(end, seq: entry.seq)
            seal()
        case .interrupted:
            flushPartial()
            seal()
        case .repair, .compaction, .forked, .imported, .note, .unknown: break
        }
    }

    /// The messages; what is left of an answer that nobody ended comes last.
    mutating func finish() -> [ViewItem] {
        flushPartial(isPending: true)
        return items
    }

    private mutating func add(_ message: Message, seq: Int64) {
        if message.role == .assistant {
            replacePartial(with: message)
            append(ViewItem(seq: seq, message: message))
        } else {
            flushPartial()
            items.append(ViewItem(seq: seq, message: message))
        }
    }

    private mutating func append(_ answer: ViewItem) {
        lastAnswer = items.count
        items.append(answer)
    }

    private mutating func finishTurn(_ end: TurnEnd, seq: Int64) {
        guard var answer = end.answer else { return flushPartial(isInterrupted: end.outcome != .completed) }
        replacePartial(with: answer)
        if end.outcome != .completed { answer.isInterrupted = true }
        if let last = items.last, last.message.role == .assistant, last.message.parts == answer.parts {
            repairs.append(ViewRepair(.duplicateAnswer, seq: seq))
        } else {
            append(ViewItem(seq: seq, message: answer))
        }
    }

    /// What was received piece by piece is part of the answer, unless that has no text.
    private mutating func replacePartial(with answer: Message) {
        if !answer.text.isBlank { partial = "" }
        flushPartial(isInterrupted: false)
    }

    private mutating func flushPartial(isInterrupted: Bool = true, isPending: Bool = false) {
        guard !partial.isEmpty else { return }
        if isInterrupted { repairs.append(ViewRepair(.partialAnswer, seq: partialSeq)) }
        let message = Message(role: .assistant, parts: [.text(partial)], isInterrupted: isInterrupted)
        partial = ""
        append(ViewItem(seq: partialSeq, message: message, isPending: isPending))
    }

    private mutating func seal() {
        if let lastAnswer { items[lastAnswer].isSealed = true }
    }

    private mutating func start(_ call: ToolCall, _ start: CallStart, seq: Int64) {
        if let lastAnswer {
            let calls = items[lastAnswer].message.toolCalls
            // Of two calls with one id the first that was not started is meant; one that is started again runs again.
            let places = calls.indices.filter { calls[$0].id.hasSameBytes(as: call.id) }
            if let place = places.first(where: { items[lastAnswer].starts[$0] == nil }) ?? places.last {
                items[lastAnswer].starts[place] = start
                return
            }
            if items[lastAnswer].isRecovered, lastAnswer == items.count - 1 {
                items[lastAnswer].starts[calls.count] = start
                items[lastAnswer].message.parts.append(.toolCall(call))
                repairs.append(ViewRepair(.recoveredCall, seq: seq))
                return
            }
        }
        repairs.append(ViewRepair(.recoveredCall, seq: seq))
        append(
            ViewItem(
                seq: seq, message: Message(role: .assistant, parts: [.toolCall(call)]), isRecovered: true,
                starts: [0: start]))
    }
}
