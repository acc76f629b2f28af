/// Reads a stream of chat-completion chunks.
struct ChatCompletionsStreamReader: ChatStreamReader {
    /// A call of a choice, as its fragments tell it.
    private struct Call {
        var id: String
        var name: String
        /// Fragments that came before the name.
        var pending = ""
        var hasStarted = false
    }

    /// Where a fragment says that it belongs.
    private struct Slot: Hashable {
        let choice: Int
        let index: Int
    }

    /// The most calls of a choice.
    private static let maximumCalls = 1_024

    private var id: String?
    private var calls: [Slot: Call] = [:]
    /// Which call the fragments of an index belong to: some services number all calls 0.
    private var current: [Slot: Slot] = [:]
    private var callCounts: [Int: Int] = [:]

    mutating func read(_ data: JSONValue, event: String?) throws(TranslationError) -> [NeutralStreamEvent] {
        let fields = try WireObject(data)
        var events: [NeutralStreamEvent] = []
        if id == nil {
            let id = try fields.string("id") ?? ""
            self.id = id
            events.append(.start(id: id, model: try fields.string("model") ?? ""))
        }
        for choice in try fields.objects("choices") ?? [] { try read(choice, into: &events) }
        if let usage = ChatUsage.read(fields.value("usage")) { events.append(.usage(usage)) }
        return events
    }

    private mutating func read(
        _ choice: WireObject, into events: inout [NeutralStreamEvent]
    ) throws(TranslationError) {
        let index = try choice.integer("index", 0...1_000) ?? 0
        if let delta = try choice.object("delta") {
            try readThinking(delta, index, into: &events)
            for text in texts(delta.value("content")) { events.append(.text(text, choice: index)) }
            if let text = try delta.string("refusal"), !text.isEmpty { events.append(.refusal(text, choice: index)) }
            for (position, call) in (try delta.objects("tool_calls") ?? []).enumerated() {
                try read(call, position, choice: index, into: &events)
            }
        }
        if let reason = try choice.string("finish_reason"), !reason.isEmpty {
            if let call = calls.first(where: { $0.key.choice == index && !$0.value.hasStarted }) {
                throw TranslationError("tool call \(call.key.index) has no name")
            }
            let hasCalls = callCounts[index] ?? 0 > 0
            events.append(
                .finish(ChatReplyReader.stopReason(reason, hasCalls: hasCalls), stopSequence: nil, choice: index))
        }
    }

    private func texts(_ content: JSONValue?) -> [String] {
        switch content {
        case .string(let text): text.isEmpty ? [] : [text]
        case .array(let parts): parts.compactMap { $0["text"]?.stringValue }.filter { !$0.isEmpty }
        default: []
        }
    }

    private func readThinking(
        _ delta: WireObject, _ choice: Int, into events: inout [NeutralStreamEvent]
    ) throws(TranslationError) {
        let text = delta.value("reasoning_content")?.stringValue ?? delta.value("reasoning")?.stringValue ?? ""
        if !text.isEmpty { events.append(.thinking(text, choice: choice)) }
        guard case .array = delta.value("thinking_blocks") else { return }
        for block in try delta.objects("thinking_blocks") ?? [] {
            if let data = try block.string("data"), !data.isEmpty {
                events.append(.redactedThinking(data, choice: choice))
            } else if let signature = try block.string("signature"), !signature.isEmpty {
                events.append(.thinkingSignature(signature, choice: choice))
            }
        }
    }

    private mutating func read(
        _ fragment: WireObject, _ position: Int, choice: Int, into events: inout [NeutralStreamEvent]
    ) throws(TranslationError) {
        let function = try fragment.object("function")
        let callID = try fragment.string("id") ?? ""
        let name = try function?.string("name") ?? ""
        let wire = Slot(choice: choice, index: try fragment.integer("index", 0...1_000) ?? position)
        let slot = self.slot(wire, id: callID, name: name)
        guard slot.index < Self.maximumCalls else {
            throw TranslationError("it has more than \(Self.maximumCalls) tool calls")
        }
        guard var call = calls[slot] else { return }
        if !callID.isEmpty, !call.hasStarted { call.id = callID }
        if !name.isEmpty, !call.hasStarted { call.name = name }
        var arguments = try function?.string("arguments") ?? ""
        if !call.hasStarted {
            guard !call.name.isEmpty else {
                call.pending += arguments
                calls[slot] = call
                return
            }
            call.hasStarted = true
            if call.id.isEmpty {
                call.id = ChatReplyReader.madeUpID(id ?? "", choice: choice, call: slot.index)
            }
            events.append(.toolCallStart(id: call.id, name: call.name, index: slot.index, choice: choice))
            arguments = call.pending + arguments
            call.pending = ""
        }
        calls[slot] = call
        if !arguments.isEmpty {
            events.append(.toolCallArguments(arguments, index: slot.index, choice: choice))
        }
    }

    /// The call that a fragment belongs to; a new one if the index is new, or names another call by its id.
    private mutating func slot(_ wire: Slot, id: String, name: String) -> Slot {
        if let slot = current[wire], let call = calls[slot] {
            guard !id.isEmpty, !name.isEmpty, !call.id.isEmpty, id != call.id else { return slot }
        }
        let count = callCounts[wire.choice] ?? 0
        let slot = Slot(choice: wire.choice, index: count)
        callCounts[wire.choice] = count + 1
        current[wire] = slot
        calls[slot] = Call(id: id, name: name)
        return slot
    }
}
