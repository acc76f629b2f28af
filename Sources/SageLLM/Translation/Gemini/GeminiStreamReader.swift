/// Reads the events of `streamGenerateContent`, each of which is a whole response with a piece of the answer.
struct GeminiStreamReader: ChatStreamReader {
    private var hasStarted = false
    private var calls: [Int: GeminiAnswerCalls] = [:]
    private var withCalls: Set<Int> = []
    private var usage: TokenCounts?
    private var id = ""

    mutating func read(_ data: JSONValue, event: String?) throws(TranslationError) -> [NeutralStreamEvent] {
        var fields = try FieldReader(data)
        var events: [NeutralStreamEvent] = []
        if !hasStarted {
            hasStarted = true
            id = try fields.string("responseId") ?? ""
            events.append(.start(id: id, model: try fields.string("modelVersion") ?? ""))
        }
        for (position, candidate) in (try fields.objects("candidates")).enumerated() {
            var candidate = candidate
            let answer = try GeminiCandidate(&candidate, position: position)
            for part in answer.parts { read(part, choice: answer.index, &events) }
            if let reason = answer.finishReason {
                let reason = GeminiFinishReason.read(reason, hasToolCalls: withCalls.contains(answer.index))
                events.append(.finish(reason, stopSequence: nil, choice: answer.index))
            }
        }
        // Every event counts anew.
        if let counts = TokenCounts(gemini: fields.value("usageMetadata")), counts != usage {
            usage = counts
            events.append(.usage(counts))
        }
        return events
    }

    private mutating func read(_ part: GeminiCandidate.Part, choice: Int, _ events: inout [NeutralStreamEvent]) {
        switch part {
        case .text(let text):
            events.append(.text(text, choice: choice))
        case .thought(let text, let signature):
            if !text.isEmpty { events.append(.thinking(text, choice: choice)) }
            if let signature { events.append(.thinkingSignature(signature, choice: choice)) }
        case .call(let id, let name, let arguments, let signature):
            let responseID = choice == 0 ? self.id : "\(self.id.prefix(20))-\(choice)"
            let call = calls[choice, default: GeminiAnswerCalls(responseID: responseID)].next(id)
            withCalls.insert(choice)
            events.append(.toolCallStart(id: call.id, name: name, index: call.position, choice: choice))
            if let signature {
                events.append(.toolCallSignature(signature, index: call.position, choice: choice))
            }
            events.append(.toolCallArguments(arguments, index: call.position, choice: choice))
        case .media(.base64(let data, let mediaType)):
            // A stream has no other place for a picture that nobody has asked for.
            events.append(.text("![\(mediaType)](data:\(mediaType);base64,\(data))", choice: choice))
        case .media(.url(let url, _)):
            events.append(.text("![](\(url))", choice: choice))
        }
    }
}
