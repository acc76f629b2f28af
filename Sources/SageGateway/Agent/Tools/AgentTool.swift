import SageLLM

/// Something that a model may call.
protocol AgentTool: Sendable {
    /// The name that models call it by.
    var name: String { get }
    /// What models are told about it.
    var description: String { get }
    /// The JSON Schema of the arguments.
    var parameters: JSONValue { get }
    /// Whether a call whose outcome is unknown may be made again.
    var isRepeatable: Bool { get }

    /// Runs it.
    ///
    /// - Parameters:
    ///   - arguments: What the model has written, an object.
    ///   - context: On whose behalf.
    /// - Returns: The result for the model.
    /// - Throws: ``ToolFailure`` with what the model is told; `CancellationError` when the task is cancelled.
    func run(_ arguments: JSONObject, _ context: ToolContext) async throws -> String
}

/// On whose behalf a tool runs.
struct ToolContext: Sendable {
    /// The space of the namespaces that it may use.
    var scope: SessionScope
    /// The namespace of memory, as the client names it.
    var namespace: String
    /// The conversation, as the client names it.
    var sessionID: String
    /// What is the same whenever the same call is made again.
    var callKey: String
}

/// Why a tool has no result; the model is told, and goes on.
struct ToolFailure: Error, Sendable, Hashable {
    var message: String

    init(_ message: String) {
        self.message = message
    }
}

/// The tools of a server.
struct ToolSet: Sendable {
    /// The most bytes of a result that a model is given.
    static let maximumResultBytes = 262_144

    private let tools: [any AgentTool]

    init(_ tools: [any AgentTool] = []) {
        self.tools = tools
    }

    /// The tools in the form of chat completions; nil when there is none.
    var json: JSONValue? {
        guard !tools.isEmpty else { return nil }
        return .array(
            tools.map { tool in
                [
                    "type": "function",
                    "function": [
                        "name": .string(tool.name), "description": .string(tool.description),
                        "parameters": tool.parameters,
                    ],
                ]
            })
    }

    /// The tool of a name.
    subscript(_ name: String) -> (any AgentTool)? { tools.first { $0.name == name } }

    /// The names of the tools.
    var names: [String] { tools.map(\.name) }
}
