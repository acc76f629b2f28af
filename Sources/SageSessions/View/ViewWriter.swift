/// Writes the messages of a view: ids that providers take, results for all calls, roles in turn.
struct ViewWriter {
    private let policy: ViewPolicy
    private(set) var messages: [Message] = []
    private(set) var repairs: [ViewRepair]
    private(set) var unfinished: [UnfinishedCall] = []
    private(set) var stableCount = 0
    private var ids: Set<ExactText> = []
    private var hasStableEdge = false
    private var lastSeq: Int64 = 0

    init(policy: ViewPolicy, repairs: [ViewRepair]) {
        self.policy = policy
        self.repairs = repairs
    }

    /// Adds a block.
    ///
    /// - Parameters:
    ///   - block: The block.
    ///   - isLastAnswer: Whether its calls may still get results.
    ///   - isStableEdge: Whether appended entries may change it, and nothing before it.
    mutating func add(_ block: ViewBlock, isLastAnswer: Bool, isStableEdge: Bool) {
        if isStableEdge {
            hasStableEdge = true
            stableCount = messages.count
            if let place = placeOfAnswerBefore() {
                // It takes this one in.
                stableCount = place
            } else if policy.unfinishedCalls == .dropPair {
                // The answer may vanish, and its neighbours then become one.
                stableCount = max(stableCount - 1, 0)
            }
        }
        if block.isPending, !hasStableEdge {
            // What replaces it may be nothing at all, and the message before it then takes in the next one.
            hasStableEdge = true
            stableCount = max(messages.count - 1, 0)
        }
        lastSeq = block.seq
        guard block.message.role == .assistant else {
            append(block.message, seq: block.seq)
            return
        }
        let (message, results) = resolve(block, isLastAnswer: isLastAnswer)
        guard !message.parts.isEmpty else { return appendPictures(of: block) }
        let place = append(message, seq: block.seq)
        // Instructions may stand behind an answer that took this one in; nothing may come between calls and results.
        if !results.isEmpty { messages.insert(Message(role: .tool, parts: results), at: place + 1) }
        appendPictures(of: block)
    }

    mutating func finish() {
        if !hasStableEdge { stableCount = max(messages.count - 1, 0) }
        guard var last = messages.last, last.role == .assistant, case .text(let text) = last.parts.last else { return }
        // An answer at the end is one to be continued, and providers refuse one that ends in white space.
        let trimmed = text.trimmingTrailingSpace()
        guard trimmed.utf8.count < text.utf8.count else { return }
        last.parts[last.parts.count - 1] = .text(trimmed)
        messages[messages.count - 1] = last
        repairs.append(ViewRepair(.trimmedAnswer, seq: lastSeq))
    }

    private mutating func resolve(
        _ block: ViewBlock, isLastAnswer: Bool
    ) -> (message: Message, results: [MessagePart]) {
        var message = block.message
        message.parts = []
        var results: [MessagePart] = []
        var calls = block.calls.makeIterator()
        for part in block.message.parts {
            guard case .toolCall = part, let slot = calls.next() else {
                message.parts.append(part)
                continue
            }
            guard !slot.call.name.isEmpty else {
                repairs.append(ViewRepair(.renamedTool, seq: block.seq))
                continue
            }
            if slot.result == nil, isLastAnswer {
                unfinished.append(
                    UnfinishedCall(
                        call: slot.call, turn: slot.start?.turn, isRepeatable: slot.start?.isRepeatable ?? false))
            }
            if slot.result == nil, policy.unfinishedCalls == .dropPair {
                repairs.append(ViewRepair(.droppedCall, seq: block.seq))
                continue
            }
            let call = legal(slot.call, seq: block.seq)
            message.parts.append(.toolCall(call))
            results.append(.toolResult(result(slot, id: call.id, seq: block.seq)))
        }
        // What a call was dropped from may end in thoughts now.
        while case .thinking = message.parts.last {
            message.parts.removeLast()
            repairs.append(ViewRepair(.droppedThinking, seq: block.seq))
        }
        return (message, results)
    }

    private mutating func result(_ slot: ViewBlock.Call, id: String, seq: Int64) -> ToolResult {
        if var result = slot.result {
            result.callID = id
            return result
        }
        repairs.append(ViewRepair(.synthesizedResult, seq: seq))
        return ToolResult(callID: id, text: ConversationView.interruptedText, isError: true)
    }

    private mutating func legal(_ call: ToolCall, seq: Int64) -> ToolCall {
        var call = call
        if !call.id.isLegalName || ids.contains(ExactText(call.id)) {
            var number = ids.count + 1
            while ids.contains(ExactText("sage-\(seq)-\(number)")) { number += 1 }
            call.id = "sage-\(seq)-\(number)"
            repairs.append(ViewRepair(.renamedCall, seq: seq))
        }
        ids.insert(ExactText(call.id))
        if !call.name.isLegalName {
            call.name = String(
                decoding: call.name.unicodeScalars.prefix(64).map { $0.isNameScalar ? UInt8($0.value) : 0x5F },
                as: UTF8.self)
            repairs.append(ViewRepair(.renamedTool, seq: seq))
        }
        if !call.arguments.isJSONObject {
            call.arguments = call.arguments.isBlank ? "{}" : wrapped(call.arguments)
            repairs.append(ViewRepair(.brokenArguments, seq: seq))
        }
        return call
    }

    private func wrapped(_ arguments: String) -> String {
        JSONNode.object([JSONField("broken_arguments", .string(arguments))]).description
    }

    private mutating func appendPictures(of block: ViewBlock) {
        guard !block.pictures.isEmpty else { return }
        append(Message(role: .user, parts: block.pictures), seq: block.seq)
    }

    /// Adds a message, or adds it to one of its role.
    ///
    /// - Returns: The place where its parts are now.
    @discardableResult
    private mutating func append(_ message: Message, seq: Int64) -> Int {
        if message.role == .assistant, !messages.contains(where: { $0.role != .system }) {
            messages.append(Message(.user, ConversationView.missingBeginningText))
            repairs.append(ViewRepair(.missingBeginning, seq: seq))
        }
        guard policy.mergesRoles, message.role != .system, let place = placeToMerge(message.role) else {
            messages.append(message)
            return messages.count - 1
        }
        messages[place].parts += message.parts
        messages[place].isInterrupted = messages[place].isInterrupted || message.isInterrupted
        if ExactText(messages[place].name) != ExactText(message.name) { messages[place].name = nil }
        repairs.append(ViewRepair(.mergedMessages, seq: seq))
        return place
    }

    private func placeToMerge(_ role: Role) -> Int? {
        if role == .assistant { return placeOfAnswerBefore() }
        return messages.last?.role == role ? messages.count - 1 : nil
    }

    /// The answer that would stand directly before another one; instructions between them stand outside the messages in
    /// some protocols.
    private func placeOfAnswerBefore() -> Int? {
        guard let place = messages.lastIndex(where: { $0.role != .system }), messages[place].role == .assistant else {
            return nil
        }
        return place
    }
}

extension String {
    /// Whether providers take it as the id of a call or the name of a tool.
    var isLegalName: Bool { (1...64).contains(utf8.count) && unicodeScalars.allSatisfy(\.isNameScalar) }

    /// Whether it is one JSON object.
    var isJSONObject: Bool {
        // A limit on the depth keeps those who read it after us from having to have none.
        guard let node = try? JSONNode(parsing: [UInt8](utf8), limits: JSONLimits(maximumBytes: .max)) else {
            return false
        }
        return node.objectValue != nil
    }

    func trimmingTrailingSpace() -> String {
        var scalars = Substring(self).unicodeScalars
        while let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() }
        return String(scalars)
    }
}

extension Unicode.Scalar {
    /// Letters and digits of ASCII, the underscore and the hyphen.
    var isNameScalar: Bool {
        switch value {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F, 0x2D: true
        default: false
        }
    }
}
