/// Reads the events of a provider's response.
struct ResponsesStreamReader: ChatStreamReader {
    private var hasStarted = false
    /// The numbers of the calls by the index of their items, and whether their arguments have come.
    private var calls: [Int: (number: Int, hasArguments: Bool)] = [:]
    private var hasRefused = false
    /// The last part of a thought, which is told apart from the next by an empty line.
    private var thought: (item: Int, part: Int)?

    mutating func read(_ data: JSONValue, event: String?) throws(TranslationError) -> [NeutralStreamEvent] {
        var fields = try FieldReader(data)
        var events: [NeutralStreamEvent] = []
        let response = data["response"]
        if !hasStarted, let response {
            hasStarted = true
            events.append(
                .start(id: response["id"]?.stringValue ?? "", model: response["model"]?.stringValue ?? ""))
        }
        let index = data["output_index"]?.intValue ?? 0
        switch try fields.string("type") ?? event ?? "" {
        case "response.output_text.delta":
            events.append(.text(try delta(&fields), choice: 0))
        case "response.refusal.delta":
            hasRefused = true
            events.append(.refusal(try delta(&fields), choice: 0))
        case "response.reasoning_summary_text.delta", "response.reasoning_text.delta":
            let part = data["summary_index"]?.intValue ?? data["content_index"]?.intValue ?? 0
            if let thought, thought.item == index, thought.part != part { events.append(.thinking("\n\n", choice: 0)) }
            thought = (index, part)
            events.append(.thinking(try delta(&fields), choice: 0))
        case "response.function_call_arguments.delta":
            guard let call = calls[index] else { break }
            calls[index]?.hasArguments = true
            events.append(.toolCallArguments(try delta(&fields), index: call.number, choice: 0))
        case "response.output_item.added":
            if let item = try fields.object("item") { try begin(item, index, &events) }
        case "response.output_item.done":
            if let item = try fields.object("item") { try end(item, index, &events) }
        case "response.completed", "response.incomplete":
            if let usage = TokenCounts(responses: response?["usage"]) { events.append(.usage(usage)) }
            events.append(.finish(stopReason(response), stopSequence: nil, choice: 0))
        default:
            break
        }
        return events
    }

    private func delta(_ fields: inout FieldReader) throws(TranslationError) -> String {
        try fields.required(try fields.string("delta"), "delta", "a string")
    }

    private mutating func begin(
        _ item: FieldReader, _ index: Int, _ events: inout [NeutralStreamEvent]
    ) throws(TranslationError) {
        var item = item
        guard try item.string("type") == "function_call", calls[index] == nil else { return }
        let number = calls.count
        calls[index] = (number, false)
        events.append(
            .toolCallStart(
                id: try item.required(try item.string("call_id"), "call_id", "a string"),
                name: try item.required(try item.string("name"), "name", "a string"), index: number, choice: 0))
    }

    /// Some services send no fragments, or an item without its beginning.
    private mutating func end(
        _ item: FieldReader, _ index: Int, _ events: inout [NeutralStreamEvent]
    ) throws(TranslationError) {
        var item = item
        switch try item.string("type") {
        case "function_call":
            try begin(item, index, &events)
            guard let call = calls[index] else { return }
            if !call.hasArguments, let arguments = try item.string("arguments"), !arguments.isEmpty {
                events.append(.toolCallArguments(arguments, index: call.number, choice: 0))
            }
            if let signature = ResponsesSignature.read(item.value(ResponsesSignature.member)) {
                events.append(.toolCallSignature(signature, index: call.number, choice: 0))
            }
        case "reasoning":
            if let signature = try item.string("encrypted_content") {
                events.append(.thinkingSignature(signature, choice: 0))
            }
        default:
            break
        }
    }

    private func stopReason(_ response: JSONValue?) -> NeutralStopReason {
        if let reason = response?["incomplete_details"]?["reason"]?.stringValue {
            return ResponsesReplyReader.stopReason(status: nil, incomplete: reason, [])
        }
        if !calls.isEmpty { return .toolCalls }
        return hasRefused ? .refusal : .stop
    }
}
