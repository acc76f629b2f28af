import SageLLM

/// An answer in the words of Gemini's `generateContent`.
struct ContentReply: Sendable, Hashable {
    private let answer: ModelAnswer
    private let model: String
    private let sequence: Int

    init(_ answer: ModelAnswer, model: String, sequence: Int) {
        self.answer = answer
        self.model = model
        self.sequence = sequence
    }

    private static let signature = "c2FnZS1tb2NrLXNpZ25hdHVyZQ=="

    /// The whole answer.
    var whole: JSONValue {
        var parts: [JSONValue] = []
        if !answer.thinking.isEmpty { parts.append(Self.thought(answer.thinking)) }
        if !answer.text.isEmpty { parts.append(["text": .string(answer.text)]) }
        return response(parts + calls, isLast: true)
    }

    /// The answer in pieces, each a response of its own: a word each, the calls together, and the reason for finishing.
    var chunks: [JSONValue] {
        var chunks = SimulatedReply.words(of: answer.thinking).map { response([Self.thought($0)], isLast: false) }
        chunks += SimulatedReply.words(of: answer.text).map { response([["text": .string($0)]], isLast: false) }
        if !answer.calls.isEmpty { chunks.append(response(calls, isLast: false)) }
        return chunks + [response([["text": ""]], isLast: true)]
    }

    private static func thought(_ text: String) -> JSONValue {
        ["text": .string(text), "thought": true]
    }

    /// The calls; where the model thought, the first one is signed.
    private var calls: [JSONValue] {
        answer.calls.enumerated().map { index, call in
            var part: JSONObject = [
                "functionCall": ["name": .string(call.name), "args": call.argumentsValue]
            ]
            if index == 0, !answer.thinking.isEmpty { part["thoughtSignature"] = .string(Self.signature) }
            return .object(part)
        }
    }

    private func response(_ parts: [JSONValue], isLast: Bool) -> JSONValue {
        var candidate: JSONObject = ["content": ["parts": .array(parts), "role": "model"]]
        if isLast, let reason = answer.finishReason("STOP") { candidate["finishReason"] = .string(reason) }
        candidate["index"] = 0
        return [
            "candidates": [.object(candidate)], "usageMetadata": usage(isLast: isLast),
            "modelVersion": .string(model), "responseId": .string("mock-\(sequence)"),
        ]
    }

    /// The counts; those of the answer are known at its end only.
    private func usage(isLast: Bool) -> JSONValue {
        var usage: JSONObject = ["promptTokenCount": JSONValue(answer.promptTokens)]
        var total = answer.promptTokens
        if isLast {
            usage["candidatesTokenCount"] = JSONValue(answer.contentTokens)
            if answer.thinkingTokens > 0 { usage["thoughtsTokenCount"] = JSONValue(answer.thinkingTokens) }
            total += answer.contentTokens + answer.thinkingTokens
        }
        usage["totalTokenCount"] = JSONValue(total)
        return .object(usage)
    }
}
