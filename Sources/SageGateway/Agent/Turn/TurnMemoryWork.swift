import SageLLM
import SageSessions

/// What a turn does with memory; nothing of it can make the turn fail.
struct TurnMemoryWork: Sendable {
    private let agent: Agent
    private let order: TurnOrder
    private let turn: String
    private let record: TurnRecord

    init(_ turn: AgentTurn, _ record: TurnRecord) {
        agent = turn.agent
        order = turn.order
        self.turn = turn.turn.turn
        self.record = record
    }

    /// How long a turn waits for memory each time.
    private static let limit = Duration.seconds(5)

    /// Looks up what may help to answer.
    func recall(_ question: String, besides context: TurnContext) async -> RecalledMemory {
        guard order.recalls, !question.isEmpty else { return RecalledMemory() }
        let settings = agent.memorySettings.recall
        do {
            let memory = try agent.memory()
            let found = try await agent.limited(Self.limit) {
                try await memory.recall(
                    question, k: settings.k, mode: settings.mode, minSimilarity: settings.minSimilarity,
                    namespace: order.scope.stored(order.namespace))
            }
            for degradation in found.degraded { record.degrade(degradation.what, degradation.why) }
            return RecalledMemory(found.items, maxCharacters: settings.maxCharacters, besides: context.texts)
        } catch {
            record.degrade("memory", "nothing was looked up: \(Self.reason(error))")
            return RecalledMemory()
        }
    }

    /// Saves a text of the turn as it is, under the namespace of the turn.
    func save(_ text: String, role: String, when isWanted: Bool) async {
        guard isWanted, !text.isEmpty else { return }
        do {
            let memory = try agent.memory()
            _ = try await agent.limited(Self.limit) {
                try await memory.save(
                    text, namespace: order.scope.stored(order.namespace),
                    metadata: ["session_id": .string(order.sessionID), "role": .string(role), "turn": .string(turn)])
            }
        } catch {
            record.degrade("memory", "a message was not saved: \(Self.reason(error))")
        }
    }

    private static func reason(_ error: any Error) -> String {
        (error as? GatewayError ?? GatewayError(store: error)).message
    }
}
