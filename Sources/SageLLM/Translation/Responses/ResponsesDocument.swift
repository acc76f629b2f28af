/// A response as a document: what a stream begins and ends with, and a whole answer.
enum ResponsesDocument {
    /// How a response has ended.
    enum Status {
        case inProgress
        case ended(NeutralStopReason)
    }

    static func write(
        id: String, output: [JSONValue], status: Status, usage: TokenCounts?, _ context: TranslationContext
    ) -> JSONValue {
        let (word, incomplete) = words(status)
        var object: JSONObject = [
            "id": .string(id), "object": "response", "created_at": .integer(Int64(context.created)),
            "status": .string(word), "background": false, "error": .null,
            "incomplete_details": incomplete.map { ["reason": .string($0)] } ?? .null,
            "model": .string(context.model), "output": .array(output), "previous_response_id": .null, "store": false,
            "usage": usage?.responses ?? .null,
        ]
        for (name, value) in defaults { object[name] = context.echo[name] ?? value }
        return .object(object)
    }

    /// What a response repeats of its request, as it is without.
    private static let defaults: [(String, JSONValue)] = [
        ("instructions", .null), ("max_output_tokens", .null), ("metadata", [:]), ("parallel_tool_calls", true),
        ("reasoning", ["effort": .null, "summary": .null]), ("temperature", .null),
        ("text", ["format": ["type": "text"]]), ("tool_choice", "auto"), ("tools", []), ("top_p", .null),
        ("truncation", "disabled"), ("user", .null),
    ]

    /// What a response repeats of its request.
    static var echoed: [String] { defaults.map(\.0) }

    /// The status, and why the response is incomplete.
    static func words(_ status: Status) -> (status: String, incomplete: String?) {
        switch status {
        case .inProgress: ("in_progress", nil)
        case .ended(.length), .ended(.contextWindow): ("incomplete", "max_output_tokens")
        case .ended(.contentFilter): ("incomplete", "content_filter")
        case .ended: ("completed", nil)
        }
    }

    /// The id of a response to a request.
    static func id(_ context: TranslationContext) -> String { "resp_\(context.idSuffix)" }
}
