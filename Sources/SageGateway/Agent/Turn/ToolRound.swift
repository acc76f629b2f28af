import SageLLM
import SageSessions

/// The tools that a model calls at once: each is written down before it runs and after it has ended.
struct ToolRound: Sendable {
    private let agent: Agent
    private let turn: OpenTurn
    private let order: TurnOrder
    private let feed: TurnFeed
    private let record: TurnRecord

    init(_ turn: AgentTurn, _ record: TurnRecord) {
        agent = turn.agent
        self.turn = turn.turn
        order = turn.order
        feed = turn.feed
        self.record = record
    }

    /// Runs calls side by side.
    ///
    /// - Returns: A result for each call, in their order: what goes wrong with a tool is told to the model.
    /// - Throws: What the store throws; `CancellationError` when the task is cancelled.
    func run(_ calls: [SageSessions.ToolCall]) async throws -> [SageSessions.ToolResult] {
        try await withThrowingTaskGroup(of: (Int, SageSessions.ToolResult).self) { group in
            for (index, call) in calls.enumerated() {
                group.addTask { (index, try await run(call)) }
            }
            var results = [SageSessions.ToolResult?](repeating: nil, count: calls.count)
            for try await (index, result) in group { results[index] = result }
            return results.compactMap(\.self)
        }
    }

    private func run(_ call: SageSessions.ToolCall) async throws -> SageSessions.ToolResult {
        let tool = agent.tools[call.name]
        try await agent.storing { try await turn.toolStarted(call, isRepeatable: tool?.isRepeatable ?? true) }
        tell(call, "started")
        let result = try await result(of: call, tool)
        // The tool has run: that it has must be known, even if the turn is being cancelled.
        try await agent.shielded { [agent, turn] in
            try await agent.storing { try await turn.toolFinished(result) }
        }
        tell(call, result.isError ? "failed" : "finished")
        try Task.checkCancellation()
        return result
    }

    private func result(
        of call: SageSessions.ToolCall, _ tool: (any AgentTool)?
    ) async throws -> SageSessions.ToolResult {
        func failed(_ message: String) -> SageSessions.ToolResult {
            SageSessions.ToolResult(callID: call.id, text: message, isError: true)
        }
        guard let tool else {
            return failed("there is no tool of this name; there are \(agent.tools.names.joined(separator: ", "))")
        }
        let text = call.arguments.isEmpty ? "{}" : call.arguments
        guard let arguments = (try? JSONValue(parsing: text))?.objectValue else {
            return failed("the arguments are not a JSON object")
        }
        do {
            let text = try await tool.run(
                arguments,
                ToolContext(
                    scope: order.scope, namespace: order.namespace, sessionID: order.sessionID,
                    callKey: "\(turn.turn)/\(call.id)"))
            return SageSessions.ToolResult(callID: call.id, text: Self.bounded(text))
        } catch let error as ToolFailure {
            return failed(Self.bounded(error.message))
        }
    }

    private func tell(_ call: SageSessions.ToolCall, _ state: String) {
        feed.send(.tool(["id": .string(call.id), "name": .string(call.name), "state": .string(state)]))
    }

    private static func bounded(_ text: String) -> String {
        guard text.utf8.count > ToolSet.maximumResultBytes else { return text }
        return String(decoding: text.utf8.prefix(ToolSet.maximumResultBytes), as: UTF8.self) + "\n[cut off]"
    }
}
