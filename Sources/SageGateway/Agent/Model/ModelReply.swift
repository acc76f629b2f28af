import NIOCore
import SageLLM
import SageSessions

/// What a model has answered, gathered from a whole answer or from a stream.
struct ModelReply: Sendable {
    private(set) var text = ""
    private(set) var toolCalls: [SageSessions.ToolCall] = []
    /// Why the provider stopped, in its own word.
    private(set) var stopReason: String?
    private(set) var usage: SageSessions.Usage?
    /// Who has answered, `provider/model`.
    private(set) var target: String?
    private(set) var attempts = 0
    private(set) var fallbacks = 0
    /// How long providers were waited for until the answer began.
    private(set) var waited = Duration.zero

    /// Takes a whole completion.
    ///
    /// - Throws: ``GatewayError`` for what is none.
    mutating func read(completion: ByteBuffer) throws(GatewayError) {
        guard let json = try? JSONValue(parsing: completion), let message = json["choices"]?[0]?["message"] else {
            throw GatewayError(.upstreamError, "the answer of the model is not a completion")
        }
        text = message["content"]?.stringValue ?? message["refusal"]?.stringValue ?? ""
        stopReason = json["choices"]?[0]?["finish_reason"]?.stringValue
        for call in message["tool_calls"]?.arrayValue ?? [] { addPiece(of: call, at: toolCalls.count) }
    }

    /// Takes the next event of a stream.
    ///
    /// - Returns: The piece of text in it.
    /// - Throws: ``GatewayError`` when the event tells of one.
    mutating func read(chunk: ByteBuffer) throws(GatewayError) -> String? {
        // `[DONE]` is no JSON, and what else is none carries nothing.
        guard let json = try? JSONValue(parsing: chunk) else { return nil }
        if let error = json["error"], error.objectValue != nil { throw Self.error(error) }
        guard let choice = json["choices"]?[0] else { return nil }
        if let reason = choice["finish_reason"]?.stringValue { stopReason = reason }
        guard let delta = choice["delta"] else { return nil }
        for call in delta["tool_calls"]?.arrayValue ?? [] {
            addPiece(of: call, at: call["index"]?.intValue ?? max(0, toolCalls.count - 1))
        }
        guard let piece = delta["content"]?.stringValue ?? delta["refusal"]?.stringValue else { return nil }
        text += piece
        return piece
    }

    private mutating func addPiece(of call: JSONValue, at index: Int) {
        // An index far beyond what came before would make room for calls that nobody has asked for.
        guard index >= 0, index <= toolCalls.count, index < 1_000 else { return }
        if index == toolCalls.count { toolCalls.append(SageSessions.ToolCall(id: "", name: "", arguments: "")) }
        if let id = call["id"]?.stringValue, toolCalls[index].id.isEmpty { toolCalls[index].id = id }
        guard let function = call["function"] else { return }
        if let name = function["name"]?.stringValue { toolCalls[index].name += name }
        if let arguments = function["arguments"]?.stringValue { toolCalls[index].arguments += arguments }
    }

    /// Takes what the report of the call knows.
    mutating func note(_ details: RequestReport.Details) {
        target = details.target
        attempts = details.attempts
        fallbacks = details.fallbacks
        waited = details.waited
        guard let counts = details.usage else { return }
        usage = SageSessions.Usage(
            inputTokens: counts.prompt.map(Int64.init), outputTokens: counts.completion.map(Int64.init),
            cachedInputTokens: counts.cacheRead.map(Int64.init))
    }

    /// Gives every call an id that no other one of the conversation has: results refer to them, and some providers count
    /// from zero in each answer, or leave them out.
    mutating func makeCallsUnique(besides known: inout Set<[UInt8]>, newID: () -> String) {
        for index in toolCalls.indices
        where toolCalls[index].id.isEmpty || !known.insert(Array(toolCalls[index].id.utf8)).inserted {
            let id = newID()
            toolCalls[index].id = id
            known.insert(Array(id.utf8))
        }
    }

    /// The error of an event, as it was before it was written into the stream.
    private static func error(_ error: JSONValue) -> GatewayError {
        let message = error["message"]?.stringValue ?? "the stream of the answer broke off"
        let code = error["code"]?.stringValue.flatMap(GatewayError.Code.init(rawValue:)) ?? .upstreamError
        return GatewayError(code, message, forbidsRetry: true)
    }
}

extension SageSessions.Usage {
    /// The tokens of several calls together.
    static func + (left: SageSessions.Usage, right: SageSessions.Usage) -> SageSessions.Usage {
        func sum(_ first: Int64?, _ second: Int64?) -> Int64? {
            guard first != nil || second != nil else { return nil }
            return (first ?? 0) + (second ?? 0)
        }
        return SageSessions.Usage(
            inputTokens: sum(left.inputTokens, right.inputTokens),
            outputTokens: sum(left.outputTokens, right.outputTokens),
            cachedInputTokens: sum(left.cachedInputTokens, right.cachedInputTokens))
    }
}
