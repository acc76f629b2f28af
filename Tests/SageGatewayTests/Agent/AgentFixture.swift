import HTTPTypes
import SageLLM
import TestSupport

@testable import SageGateway

/// Runs tests of the agent API over a server without a network, whose stores are in memory.
enum AgentFixture {
    /// Opens the stores and runs turns for as long as a test runs.
    static func with(
        _ transport: ScriptedTransport, _ change: @escaping (inout GatewayConfiguration) -> Void = { _ in },
        _ body: (ServerFixture) async throws -> Void
    ) async throws {
        let server = try ServerFixture(transport) { configuration in
            configuration.server.maxBodyBytes = 100_000
            configuration.server.streamKeepAlive = .zero
            configuration.agent.model = "smart"
            change(&configuration)
        }
        await server.agent.stores.open(within: .seconds(600))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await server.agent.runner.run() }
            defer { group.cancelAll() }
            try await body(server)
        }
        await server.agent.stores.close()
    }

    /// A completion that calls a tool.
    static func call(_ name: String, _ arguments: String = "{}", id: String = "c1") -> ScriptedReply {
        let call: JSONValue = [
            "id": .string(id), "type": "function",
            "function": ["name": .string(name), "arguments": .string(arguments)],
        ]
        let body: JSONValue = [
            "id": "c", "object": "chat.completion", "created": 1, "model": "m",
            "choices": [
                [
                    "index": 0, "message": ["role": "assistant", "content": nil, "tool_calls": [call]],
                    "finish_reason": "tool_calls",
                ]
            ],
        ]
        return .json(body.description)
    }
}

extension ServerFixture {
    func turn(_ message: String, _ more: JSONObject = [:], headers: HTTPFields = [:]) async throws -> Answer {
        var body: JSONObject = ["message": .string(message), "session_id": "s"]
        for (key, value) in more { body[key] = value }
        return try await send(.post, "/chat", body: JSONValue.object(body).description, headers: headers)
    }
}

extension ScriptedTransport {
    /// The messages of the last request.
    var lastMessages: [JSONValue] {
        requests.last.flatMap { try? JSONValue(parsing: $0.body) }?["messages"]?.arrayValue ?? []
    }
}
