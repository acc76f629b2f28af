import NIOCore

/// Writes the events of `streamGenerateContent` for a client.
///
/// The format has no fragments of calls: their arguments are collected and a call is written when it is whole. Why the
/// choices ended is written at the end, with the token counts, as Gemini does.
struct GeminiStreamWriter: ChatStreamWriter {
    private struct Call {
        let index: Int
        let id: String
        let name: String
        var arguments = ""
        var signature: String?
    }

    private struct Choice {
        var calls: [Call] = []
        var reason: NeutralStopReason?
        var isMalformed = false
    }

    private let context: TranslationContext
    private var id = ""
    private var choices: [Int: Choice] = [:]
    private var usage: TokenCounts?

    init(_ context: TranslationContext) {
        self.context = context
    }

    mutating func write(_ event: NeutralStreamEvent, to output: inout ByteBuffer) {
        switch event {
        case .start(let id, _):
            self.id = id
        case .text(let text, let choice), .refusal(let text, let choice):
            guard !text.isEmpty else { return }
            flush(choice, to: &output)
            writePart(GeminiPart.text(text), choice, to: &output)
        case .thinking(let text, let choice):
            guard !text.isEmpty else { return }
            flush(choice, to: &output)
            writePart(GeminiPart.thought(text, signature: nil), choice, to: &output)
        case .thinkingSignature(let signature, let choice):
            let part = GeminiPart.thought("", signature: ThoughtSignature.toGeminiClient(signature))
            writePart(part, choice, to: &output)
        case .redactedThinking:
            break
        case .toolCallStart(let id, let name, let index, let choice):
            choices[choice, default: Choice()].calls.append(Call(index: index, id: id, name: name))
        case .toolCallArguments(let text, let index, let choice):
            change(index, choice) { $0.arguments += text }
        case .toolCallSignature(let signature, let index, let choice):
            change(index, choice) { $0.signature = signature }
        case .finish(let reason, _, let choice):
            choices[choice, default: Choice()].reason = reason
        case .usage(let counts):
            if usage == nil { usage = counts } else { usage?.merge(counts) }
        }
    }

    mutating func finish(_ output: inout ByteBuffer) {
        var candidates: [JSONValue] = []
        for (index, _) in choices.sorted(by: { $0.key < $1.key }) {
            flush(index, to: &output)
            guard let choice = choices[index], choice.reason != nil || choice.isMalformed else { continue }
            let reason =
                choice.isMalformed
                ? "MALFORMED_FUNCTION_CALL" : choice.reason.map(GeminiFinishReason.write) ?? "STOP"
            candidates.append([
                "content": ["parts": [GeminiPart.text("")], "role": "model"], "finishReason": .string(reason),
                "index": .integer(Int64(index)),
            ])
        }
        guard !candidates.isEmpty || usage != nil else { return }
        write(candidates, usage, to: &output)
    }

    private mutating func change(_ index: Int, _ choice: Int, _ body: (inout Call) -> Void) {
        guard let position = choices[choice]?.calls.lastIndex(where: { $0.index == index }) else { return }
        guard var call = choices[choice]?.calls[position] else { return }
        // Released before it is changed, so that the text grows in place.
        choices[choice]?.calls[position].arguments = ""
        body(&call)
        choices[choice]?.calls[position] = call
    }

    /// Writes the calls that are whole: those before another part, or before the end.
    private mutating func flush(_ choice: Int, to output: inout ByteBuffer) {
        guard let calls = choices[choice]?.calls, !calls.isEmpty else { return }
        choices[choice]?.calls = []
        for call in calls {
            guard let arguments = GeminiPart.arguments(call.arguments) else {
                choices[choice]?.isMalformed = true
                continue
            }
            let signature = call.signature.map(ThoughtSignature.toGeminiClient)
            writePart(
                GeminiPart.call(call.id, call.name, arguments: arguments, signature: signature), choice, to: &output)
        }
    }

    private func writePart(_ part: JSONValue, _ choice: Int, to output: inout ByteBuffer) {
        let candidate: JSONValue = [
            "content": ["parts": [part], "role": "model"], "index": .integer(Int64(choice)),
        ]
        write([candidate], nil, to: &output)
    }

    private func write(_ candidates: [JSONValue], _ usage: TokenCounts?, to output: inout ByteBuffer) {
        let document = GeminiReplyWriter.document(candidates, id: id, usage: usage, context)
        ServerSentEventEncoder.write(data: document.jsonBuffer, to: &output)
    }
}
