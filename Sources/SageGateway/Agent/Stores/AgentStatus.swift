import SageLLM
import SageMemory
import SageSessions

extension Agent {
    /// The parts of `/status` about conversations and memory.
    var statusParts: (sessions: JSONValue, memory: JSONValue) {
        let counts = stores.lastCounts
        var sessions = JSONObject()
        for state in SessionState.allCases {
            sessions[state.rawValue] = counts.sessions.map { .integer(Int64($0[state] ?? 0)) } ?? .null
        }
        sessions["turns_in_flight"] = .integer(Int64(runner.count))
        return (
            .object(sessions),
            [
                "memories": counts.memory.map { .integer(Int64($0.memories)) } ?? .null,
                "pending_embeddings": counts.memory.map { .integer(Int64($0.pending)) } ?? .null,
                "embedder": .string(stores.embedderName),
                "embedder_problem": stores.embedderProblem.map { .string($0) } ?? .null,
            ]
        )
    }
}
