import SageLLM

/// An answer in the words of OpenAI's Responses.
struct ResponsesReply: Sendable, Hashable {
    let answer: ModelAnswer
    private let model: String
    private let request: RequestFields
    private let sequence: Int
    private let time: Int

    init(_ answer: ModelAnswer, model: String, request: RequestFields, sequence: Int, time: Int) {
        self.answer = answer
        self.model = model
        self.request = request
        self.sequence = sequence
        self.time = time
    }

    /// What became of the answer, in the words of its `status`.
    enum Ending: Sendable, Hashable {
        case completed
        case failed
        case incomplete(reason: String)
        /// Any other status, as the script demands it.
        case other(String)

        var status: String {
            switch self {
            case .completed: "completed"
            case .failed: "failed"
            case .incomplete: "incomplete"
            case .other(let status): status
            }
        }
    }

    /// A script's `finish` is a status or, if it is none, the reason for an incomplete answer.
    var ending: Ending {
        switch answer.finishReason("completed") {
        case "completed": .completed
        case "failed": .failed
        case let status? where ["cancelled", "in_progress", "queued"].contains(status): .other(status)
        case let reason?: .incomplete(reason: reason)
        case nil: .other("in_progress")
        }
    }

    /// The whole answer.
    var whole: JSONValue { response(ending, output: output) }

    /// The answer as it is before the first word.
    var begun: JSONValue { response(.other("in_progress"), output: []) }

    /// The answer of a provider that broke down.
    var failed: JSONValue { response(.failed, output: []) }

    private func response(_ ending: Ending, output: [JSONValue]) -> JSONValue {
        let isOver = ending != .other("in_progress") && ending != .other("queued")
        var reason = JSONValue.null
        if case .incomplete(let text) = ending { reason = ["reason": .string(text)] }
        return [
            "id": .string("resp_mock_\(sequence)"), "object": "response", "created_at": .integer(Int64(time)),
            "status": .string(ending.status), "background": false,
            "error": ending == .failed ? Self.breakdown : .null, "incomplete_details": reason,
            "instructions": request.value("instructions") ?? .null,
            "max_output_tokens": request.value("max_output_tokens") ?? .null, "model": .string(model),
            "output": .array(output), "parallel_tool_calls": request.value("parallel_tool_calls") ?? true,
            "previous_response_id": .null, "reasoning": ["effort": .null, "summary": .null],
            "store": request.value("store") ?? true, "temperature": request.value("temperature") ?? 1.0,
            "text": request.value("text") ?? ["format": ["type": "text"]],
            "tool_choice": request.value("tool_choice") ?? "auto", "tools": request.value("tools") ?? [],
            "top_p": request.value("top_p") ?? 1.0, "truncation": "disabled",
            "usage": isOver && ending != .failed ? usage : .null, "user": .null,
            "metadata": request.value("metadata") ?? [:],
        ]
    }

    static let breakdown: JSONValue = [
        "code": "server_error", "message": "An error occurred while processing your request.",
    ]

    private var usage: JSONValue {
        let output = answer.contentTokens + answer.thinkingTokens
        return [
            "input_tokens": JSONValue(answer.promptTokens), "input_tokens_details": ["cached_tokens": 0],
            "output_tokens": JSONValue(output),
            "output_tokens_details": ["reasoning_tokens": JSONValue(answer.thinkingTokens)],
            "total_tokens": JSONValue(answer.promptTokens + output),
        ]
    }
}

// MARK: - Items

extension ResponsesReply {
    var reasoningID: String { "rs_mock_\(sequence)" }
    var messageID: String { "msg_mock_\(sequence)" }

    /// Whether there is a message: always, unless tools are called without a word.
    var hasMessage: Bool { !answer.text.isEmpty || answer.calls.isEmpty }

    private var output: [JSONValue] {
        var output = answer.calls.map { call($0, isDone: true) }
        if hasMessage { output.insert(message(isDone: true), at: 0) }
        if !answer.thinking.isEmpty { output.insert(reasoning(isDone: true), at: 0) }
        return output
    }

    func reasoning(isDone: Bool) -> JSONValue {
        ["id": .string(reasoningID), "type": "reasoning", "summary": isDone ? [summaryPart(answer.thinking)] : []]
    }

    func summaryPart(_ text: String) -> JSONValue {
        ["type": "summary_text", "text": .string(text)]
    }

    func message(isDone: Bool) -> JSONValue {
        [
            "id": .string(messageID), "type": "message", "status": isDone ? "completed" : "in_progress",
            "role": "assistant", "content": isDone ? [textPart(answer.text)] : [],
        ]
    }

    func textPart(_ text: String) -> JSONValue {
        ["type": "output_text", "text": .string(text), "annotations": [], "logprobs": []]
    }

    func call(_ call: ModelAnswer.Call, isDone: Bool) -> JSONValue {
        [
            "id": .string("fc_mock_\(call.number)"), "type": "function_call",
            "status": isDone ? "completed" : "in_progress", "name": .string(call.name),
            "call_id": .string("call_mock_\(call.number)"), "arguments": isDone ? .string(call.arguments) : "",
        ]
    }
}
