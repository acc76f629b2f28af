import NIOCore

/// Writes the events of a response for a client.
///
/// The whole sequence that OpenAI's library takes to pieces again: every item is added and done, every part of it too,
/// their texts come in deltas and once as a whole, and the response that ends the stream has all items. Function calls
/// are done when something else begins or the answer ends, because their fragments may come mixed.
struct ResponsesStreamWriter: ChatStreamWriter {
    private struct Message {
        let index: Int
        let id: String
        var content: [JSONValue] = []
        /// The text of the part that has begun.
        var text = ""
        var isRefusal = false
    }

    private struct Reasoning {
        let index: Int
        let id: String
        var text: String?
        var signature: String?
    }

    private struct Call {
        let index: Int
        let id: String
        /// The number of the call in the provider's answer.
        let number: Int
        var call: NeutralToolCall
    }

    private let context: TranslationContext
    private var sequence = 0
    private var hasStarted = false
    /// The items that are done, `null` for those that are not yet.
    private var output: [JSONValue] = []
    private var message: Message?
    private var reasoning: Reasoning?
    private var calls: [Call] = []
    private var reason = NeutralStopReason.stop
    private var usage: TokenCounts?

    init(_ context: TranslationContext) {
        self.context = context
    }

    mutating func write(_ event: NeutralStreamEvent, to output: inout ByteBuffer) {
        start(&output)
        switch event {
        case .start: break
        case .text(let text, 0): write(text, isRefusal: false, to: &output)
        case .refusal(let text, 0): write(text, isRefusal: true, to: &output)
        case .thinking(let text, 0): think(text, to: &output)
        case .thinkingSignature(let signature, 0):
            if reasoning == nil { beginReasoning(&output) }
            reasoning?.signature = signature
        case .toolCallStart(let id, let name, let index, 0): beginCall(id, name, number: index, to: &output)
        case .toolCallArguments(let text, let index, 0): write(text, ofCall: index, to: &output)
        case .toolCallSignature(let signature, let index, 0):
            if let position = calls.lastIndex(where: { $0.number == index }) {
                calls[position].call.signature = signature
            }
        case .finish(let reason, _, 0): self.reason = reason
        case .usage(let counts): if usage == nil { usage = counts } else { usage?.merge(counts) }
        // A response is one answer, and thoughts that nobody can read are no part of it.
        default: break
        }
    }

    mutating func finish(_ output: inout ByteBuffer) {
        start(&output)
        endMessage(&output)
        endReasoning(&output)
        endCalls(&output)
        let status = ResponsesDocument.Status.ended(reason)
        let isIncomplete = ResponsesDocument.words(status).incomplete != nil
        emit(
            isIncomplete ? "response.incomplete" : "response.completed", ["response": document(status)], to: &output)
    }

    private mutating func start(_ output: inout ByteBuffer) {
        guard !hasStarted else { return }
        hasStarted = true
        for type in ["response.created", "response.in_progress"] {
            emit(type, ["response": document(.inProgress)], to: &output)
        }
    }

    private func document(_ status: ResponsesDocument.Status) -> JSONValue {
        ResponsesDocument.write(
            id: ResponsesDocument.id(context), output: output, status: status, usage: usage, context)
    }

    // MARK: Messages

    private mutating func write(_ text: String, isRefusal: Bool, to buffer: inout ByteBuffer) {
        guard !text.isEmpty else { return }
        endReasoning(&buffer)
        endCalls(&buffer)
        if message == nil {
            let (index, id) = reserve("msg")
            message = Message(index: index, id: id)
            addItem(index, ResponsesItems.message(id, [], status: "in_progress"), to: &buffer)
        }
        if message?.isRefusal != isRefusal { endPart(&buffer) }
        guard let begun = message else { return }
        let place = place(of: begun)
        if begun.text.isEmpty {
            message?.isRefusal = isRefusal
            emit("response.content_part.added", place, ["part": part("", isRefusal)], to: &buffer)
        }
        message?.text += text
        emit(
            isRefusal ? "response.refusal.delta" : "response.output_text.delta", place,
            isRefusal ? ["delta": .string(text)] : ["delta": .string(text), "logprobs": []], to: &buffer)
    }

    private mutating func endPart(_ buffer: inout ByteBuffer) {
        guard let begun = message, !begun.text.isEmpty else { return }
        let place = place(of: begun)
        let part = part(begun.text, begun.isRefusal)
        if begun.isRefusal {
            emit("response.refusal.done", place, ["refusal": .string(begun.text)], to: &buffer)
        } else {
            emit("response.output_text.done", place, ["text": .string(begun.text), "logprobs": []], to: &buffer)
        }
        emit("response.content_part.done", place, ["part": part], to: &buffer)
        message?.content.append(part)
        message?.text = ""
    }

    private mutating func endMessage(_ buffer: inout ByteBuffer) {
        endPart(&buffer)
        guard let ended = message else { return }
        message = nil
        endItem(ended.index, ResponsesItems.message(ended.id, ended.content), to: &buffer)
    }

    private func place(of message: Message) -> JSONObject {
        [
            "item_id": .string(message.id), "output_index": .integer(Int64(message.index)),
            "content_index": .integer(Int64(message.content.count)),
        ]
    }

    private func part(_ text: String, _ isRefusal: Bool) -> JSONValue {
        isRefusal ? ResponsesContentPart.refusal(text) : ResponsesContentPart.output(text)
    }

    // MARK: Reasoning

    private mutating func beginReasoning(_ buffer: inout ByteBuffer) {
        endMessage(&buffer)
        endCalls(&buffer)
        let (index, id) = reserve("rs")
        reasoning = Reasoning(index: index, id: id)
        addItem(index, ResponsesItems.reasoning(id, nil, signature: nil, status: "in_progress"), to: &buffer)
    }

    private mutating func think(_ text: String, to buffer: inout ByteBuffer) {
        guard !text.isEmpty else { return }
        // A signature ends what it signs.
        if reasoning?.signature != nil { endReasoning(&buffer) }
        if reasoning == nil { beginReasoning(&buffer) }
        guard let begun = reasoning else { return }
        let place = place(of: begun)
        if begun.text == nil {
            emit("response.reasoning_summary_part.added", place, ["part": Self.summary("")], to: &buffer)
            reasoning?.text = ""
        }
        reasoning?.text?.append(text)
        emit("response.reasoning_summary_text.delta", place, ["delta": .string(text)], to: &buffer)
    }

    private mutating func endReasoning(_ buffer: inout ByteBuffer) {
        guard let ended = reasoning else { return }
        reasoning = nil
        if let text = ended.text {
            let place = place(of: ended)
            emit("response.reasoning_summary_text.done", place, ["text": .string(text)], to: &buffer)
            emit("response.reasoning_summary_part.done", place, ["part": Self.summary(text)], to: &buffer)
        }
        endItem(ended.index, ResponsesItems.reasoning(ended.id, ended.text, signature: ended.signature), to: &buffer)
    }

    private func place(of reasoning: Reasoning) -> JSONObject {
        [
            "item_id": .string(reasoning.id), "output_index": .integer(Int64(reasoning.index)), "summary_index": 0,
        ]
    }

    private static func summary(_ text: String) -> JSONValue { ["type": "summary_text", "text": .string(text)] }

    // MARK: Calls

    private mutating func beginCall(_ id: String, _ name: String, number: Int, to buffer: inout ByteBuffer) {
        endMessage(&buffer)
        endReasoning(&buffer)
        let (index, itemID) = reserve("fc")
        let call = NeutralToolCall(id: id, name: name, arguments: "")
        calls.append(Call(index: index, id: itemID, number: number, call: call))
        addItem(index, ResponsesItems.call(itemID, call, status: "in_progress"), to: &buffer)
    }

    private mutating func write(_ text: String, ofCall number: Int, to buffer: inout ByteBuffer) {
        guard !text.isEmpty, let position = calls.lastIndex(where: { $0.number == number }) else { return }
        calls[position].call.arguments += text
        emit(
            "response.function_call_arguments.delta", Self.place(of: calls[position]), ["delta": .string(text)],
            to: &buffer)
    }

    private mutating func endCalls(_ buffer: inout ByteBuffer) {
        let ended = calls
        calls = []
        for call in ended {
            emit(
                "response.function_call_arguments.done", Self.place(of: call),
                ["arguments": .string(call.call.arguments), "name": .string(call.call.name)], to: &buffer)
            endItem(call.index, ResponsesItems.call(call.id, call.call), to: &buffer)
        }
    }

    private static func place(of call: Call) -> JSONObject {
        ["item_id": .string(call.id), "output_index": .integer(Int64(call.index))]
    }

    // MARK: Items and events

    private mutating func reserve(_ prefix: String) -> (index: Int, id: String) {
        output.append(.null)
        return (output.count - 1, "\(prefix)_\(context.idSuffix)_\(output.count - 1)")
    }

    private mutating func addItem(_ index: Int, _ item: JSONValue, to buffer: inout ByteBuffer) {
        emit("response.output_item.added", ["output_index": .integer(Int64(index)), "item": item], to: &buffer)
    }

    private mutating func endItem(_ index: Int, _ item: JSONValue, to buffer: inout ByteBuffer) {
        output[index] = item
        emit("response.output_item.done", ["output_index": .integer(Int64(index)), "item": item], to: &buffer)
    }

    private mutating func emit(
        _ type: String, _ place: JSONObject, _ members: JSONObject = [:], to buffer: inout ByteBuffer
    ) {
        var event: JSONObject = ["type": .string(type), "sequence_number": .integer(Int64(sequence))]
        for (key, value) in place { event[key] = value }
        for (key, value) in members { event[key] = value }
        sequence += 1
        ServerSentEventEncoder.write(data: JSONValue.object(event).jsonBuffer, event: type, to: &buffer)
    }
}
