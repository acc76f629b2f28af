/// Gives each call its result and each part the message it may stand in.
///
/// A result belongs to a call of the latest answer before it: once the next answer is there, a provider has seen the call
/// without that result, and the past does not change any more.
struct ViewPairing {
    private let policy: ViewPolicy
    private(set) var repairs: [ViewRepair]
    private(set) var blocks: [ViewBlock] = []
    /// The last block of the model.
    private(set) var lastAnswer: Int?
    /// The last block of the model that no later entry replaces.
    private(set) var lastFirmAnswer: Int?

    init(policy: ViewPolicy, repairs: [ViewRepair]) {
        self.policy = policy
        self.repairs = repairs
    }

    mutating func add(_ item: ViewItem) {
        for part in item.message.parts {
            if case .toolResult(let result) = part { attach(result, seq: item.seq) }
        }
        var message = item.message
        message.parts = item.message.parts.filter { keeps($0, in: item) }
        if item.message.role == .tool { return addPictures(message, seq: item.seq) }
        trimThinking(&message, seq: item.seq)
        guard !message.parts.isEmpty else {
            // What only held results is not empty: those stand elsewhere.
            if item.message.toolResults.isEmpty { repairs.append(ViewRepair(.emptyMessage, seq: item.seq)) }
            return
        }
        if message.role == .assistant {
            addAnswer(message, item)
        } else {
            blocks.append(ViewBlock(seq: item.seq, message: message))
        }
    }

    private mutating func addAnswer(_ message: Message, _ item: ViewItem) {
        // Places of calls in the item are places among its calls; none of them was left out so far.
        let calls = message.toolCalls.enumerated().map { ViewBlock.Call(call: $1, start: item.starts[$0]) }
        if var last = blocks.last, last.message.role == .assistant, !last.isSealed,
            !calls.isEmpty || last.calls.isEmpty, !item.isPending
        {
            // One answer in several messages: programs write a line for each of its blocks.
            last.message.parts += message.parts
            last.message.isInterrupted = last.message.isInterrupted || message.isInterrupted
            last.calls += calls
            last.isSealed = item.isSealed
            blocks[blocks.count - 1] = last
            repairs.append(ViewRepair(.mergedMessages, seq: item.seq))
            return
        }
        lastAnswer = blocks.count
        if !item.isPending { lastFirmAnswer = blocks.count }
        blocks.append(
            ViewBlock(
                seq: item.seq, message: message, calls: calls, isSealed: item.isSealed, isPending: item.isPending))
    }

    private mutating func attach(_ result: ToolResult, seq: Int64) {
        guard let lastAnswer else { return repairs.append(ViewRepair(.orphanResult, seq: seq)) }
        let places = blocks[lastAnswer].calls.indices.filter {
            blocks[lastAnswer].calls[$0].call.id.hasSameBytes(as: result.callID)
        }
        guard let place = places.first(where: { blocks[lastAnswer].calls[$0].result == nil }) else {
            repairs.append(ViewRepair(places.isEmpty ? .orphanResult : .duplicateResult, seq: seq))
            return
        }
        blocks[lastAnswer].calls[place].result = result
        // Whatever the model says now, it has seen this.
        blocks[lastAnswer].isSealed = true
        if lastAnswer != blocks.count - 1 { repairs.append(ViewRepair(.movedResult, seq: seq)) }
    }

    /// Pictures among results go into a user's message behind them.
    private mutating func addPictures(_ message: Message, seq: Int64) {
        let pictures = message.parts.filter { if case .image = $0 { true } else { false } }
        if pictures.count < message.parts.count { repairs.append(ViewRepair(.misplacedPart, seq: seq)) }
        guard !pictures.isEmpty else { return }
        if let lastAnswer, lastAnswer == blocks.count - 1, !blocks[lastAnswer].calls.isEmpty {
            blocks[lastAnswer].pictures += pictures
        } else {
            blocks.append(ViewBlock(seq: seq, message: Message(role: .user, parts: pictures)))
        }
    }

    private mutating func keeps(_ part: MessagePart, in item: ViewItem) -> Bool {
        let role = item.message.role
        switch part {
        case .text(let text): return !text.isBlank
        case .toolResult: return false
        case .raw(let format, _): return role != .tool && policy.rawFormats.contains(format)
        case .thinking(_, let signature):
            if role == .assistant, let signature, !signature.isEmpty { return true }
            repairs.append(ViewRepair(role == .assistant ? .droppedThinking : .misplacedPart, seq: item.seq))
            return false
        case .toolCall:
            if role == .assistant { return true }
            repairs.append(ViewRepair(.misplacedPart, seq: item.seq))
            return false
        case .image(let image):
            if role == .user || role == .tool, image.isUsable { return true }
            repairs.append(ViewRepair(.misplacedPart, seq: item.seq))
            return false
        }
    }

    /// No provider takes thoughts that nothing follows.
    private mutating func trimThinking(_ message: inout Message, seq: Int64) {
        while case .thinking = message.parts.last {
            message.parts.removeLast()
            repairs.append(ViewRepair(.droppedThinking, seq: seq))
        }
    }
}

extension ImagePart {
    /// Whether a provider can make something of it.
    var isUsable: Bool {
        switch source {
        case .data(let data): !data.isEmpty && !(mediaType ?? "").isEmpty
        case .url(let url): !url.isEmpty
        }
    }
}

extension String {
    /// Whether there is nothing but white space; providers refuse such texts.
    var isBlank: Bool { unicodeScalars.allSatisfy(\.properties.isWhitespace) }
}
