import SageLLM
import SageSessions

/// What a turn knows of its conversation: the view of the log, to which it adds what it writes.
struct TurnContext: Sendable {
    private var messages: [SageSessions.Message]
    /// The last message of the user.
    let question: String
    /// What was kept of an answer that goes on: of a turn that was interrupted, or failed and is asked for again; empty
    /// for a new message.
    let partial: String
    /// The ids of all calls of tools, byte by byte.
    var callIDs: Set<[UInt8]>

    /// Reads the conversation, and finishes what can be finished of tools that were interrupted.
    ///
    /// - Throws: What the store throws.
    static func load(_ turn: AgentTurn, _ tools: ToolRound) async throws -> TurnContext {
        let policy = ViewPolicy(unfinishedCalls: .rerunIfRepeatable, rawFormats: ["openai"])
        func load() async throws -> LoadedConversation {
            try await turn.agent.storing(for: Agent.readingPatience, attempt: Agent.readingPatience) {
                try await turn.store.load(session: turn.turn.session)
            }
        }
        var loaded = try await load()
        var view = ConversationView(entries: loaded.decoded, policy: policy)
        turn.agent.count(view.repairs, in: loaded.decoded)
        if turn.order.isResumed {
            // What has certainly not run runs now; what may have run only if it may run twice.
            let calls = view.unfinishedCalls.filter { call in
                let isRepeatable = turn.agent.tools[call.call.name]?.isRepeatable == true
                return !call.wasStarted || call.isRepeatable && isRepeatable
            }
            if !calls.isEmpty {
                _ = try await tools.run(calls.map(\.call))
                loaded = try await load()
                view = ConversationView(entries: loaded.decoded, policy: policy)
            }
        }
        return TurnContext(view.messages, loaded.decoded)
    }

    init(_ messages: [SageSessions.Message], _ entries: [DecodedEntry]) {
        self.messages = messages
        var question = ""
        for entry in entries.reversed() {
            guard case .message(let message) = entry.payload, message.role == .user else { continue }
            question = message.text
            break
        }
        self.question = question
        if let last = messages.last, last.role == .assistant, last.isInterrupted {
            // The view leaves white space at the end out, which the answer needs where it goes on.
            let pieces = Self.pieces(entries)
            partial = pieces.isEmpty ? last.text : pieces
        } else {
            partial = ""
        }
        callIDs = Set(messages.flatMap { $0.toolCalls.map { Array($0.id.utf8) } })
    }

    /// What was kept of the answer that nobody completed, over all interruptions and failures.
    private static func pieces(_ entries: [DecodedEntry]) -> String {
        entries.reduce(into: "") { text, entry in
            switch entry.payload {
            case .partial(_, let piece): text += piece
            case .message, .toolStarted, .toolFinished: text = ""
            case .turnEnded(let end) where end.outcome == .completed: text = ""
            default: break
            }
        }
    }

    /// The texts that a model gets to see anyway.
    var texts: Set<String> { Set(messages.filter { $0.role != .tool }.map(\.text)) }

    /// Adds an answer that calls tools, and their results.
    mutating func add(_ message: SageSessions.Message, _ results: [SageSessions.ToolResult]) {
        messages.append(message)
        messages.append(SageSessions.Message(role: .tool, parts: results.map { .toolResult($0) }))
    }

    /// What makes a model go on with an answer that was interrupted: not all of them go on by themselves.
    private static let goOn = """
        (Your answer above was cut off by a technical fault. Go on exactly where it stops, without repeating anything \
        of it and without a remark about this.)
        """

    /// The request to the model, in the form of chat completions, and how many older messages are not in it.
    func request(
        _ order: TurnOrder, _ agent: Agent, _ recalled: RecalledMemory, mayCallTools: Bool
    ) -> (body: JSONObject, leftOut: Int) {
        let history = ChatHistory(
            messages, maxTokens: agent.settings.historyTokens, maxMessages: agent.settings.historyMessages)
        var json = ChatMessages.json(history.messages)
        if let context = recalled.context { Self.put(context, beforeLastQuestionOf: &json) }
        if messages.last?.role == .assistant {
            json.append(["role": "user", "content": .string(Self.goOn)])
        }
        if let system = agent.settings.system {
            json.insert(["role": "system", "content": .string(system)], at: 0)
        }
        var body: JSONObject = ["model": .string(order.model), "messages": .array(json)]
        if order.isStream {
            body["stream"] = true
            body["stream_options"] = ["include_usage": true]
        }
        if let tools = agent.tools.json {
            body["tools"] = tools
            if !mayCallTools { body["tool_choice"] = "none" }
        }
        return (body, history.leftOut)
    }

    private static func put(_ context: String, beforeLastQuestionOf messages: inout [JSONValue]) {
        guard let index = messages.lastIndex(where: { $0["role"]?.stringValue == "user" }),
            case .object(var message) = messages[index]
        else { return }
        switch message["content"] {
        case .string(let text): message["content"] = .string(context + text)
        case .array(let parts):
            message["content"] = .array([["type": "text", "text": .string(context)]] + parts)
        default: return
        }
        messages[index] = .object(message)
    }
}
