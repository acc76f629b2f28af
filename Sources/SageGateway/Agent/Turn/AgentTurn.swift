import Logging
import SageLLM
import SageResilience
import SageSessions
import SageStorage

/// One turn of a conversation: what was remembered, the model, its tools, and the end that is written down before the
/// client hears of it.
struct AgentTurn: Sendable {
    let agent: Agent
    let store: ConversationStore
    let turn: OpenTurn
    let order: TurnOrder
    let feed: TurnFeed
    private let record: TurnRecord

    init(_ agent: Agent, _ store: ConversationStore, _ turn: OpenTurn, _ order: TurnOrder, _ feed: TurnFeed) {
        self.agent = agent
        self.store = store
        self.turn = turn
        self.order = order
        self.feed = feed
        record = TurnRecord(TurnAnswer(sessionID: order.sessionID, model: order.model), feed)
    }

    /// Runs the turn to its end, whatever that is; the last event of the feed tells it.
    func run() async {
        do {
            let reply = try await TimeLimiter(agent.settings.turnTimeout, clock: agent.clock).execute { [self] in
                try await course()
            }
            await finish(reply)
        } catch {
            feed.send(.error(await fail(error)))
        }
    }

    // MARK: The course

    private func course() async throws -> Reply {
        let tools = ToolRound(self, record)
        let context = try await TurnContext.load(self, tools)
        let memory = TurnMemoryWork(self, record)
        async let isSaved: Void = memory.save(context.question, role: "user", when: order.saving != .off)
        let recalled = await memory.recall(context.question, besides: context)
        record.update { $0.recalled = recalled.json }
        let reply = try await rounds(context, recalled, tools)
        await isSaved
        await memory.save(reply.whole, role: "assistant", when: order.saving == .turn)
        record.update { answer in
            answer.reply = reply.whole
            answer.stopReason = reply.stopReason
        }
        return reply
    }

    /// The last answer of the model.
    private struct Reply: Sendable {
        /// What the model has said now.
        var text: String
        /// The same, with what was kept of it before an interruption.
        var whole: String
        var stopReason: String?
    }

    /// Asks the model, and again with the results of the tools that it calls.
    private func rounds(
        _ context: TurnContext, _ recalled: RecalledMemory, _ tools: ToolRound
    ) async throws -> Reply {
        var context = context
        var partial = context.partial
        if !partial.isEmpty { feed.send(.delta(partial)) }
        var round = 0
        while true {
            let mayCall = round < agent.settings.maxToolRounds
            let (body, leftOut) = context.request(order, agent, recalled, mayCallTools: mayCall)
            if round == 0, leftOut > 0 {
                record.degrade("history", "\(leftOut) older messages are not shown to the model (agent.historyTokens)")
            }
            var answer = try await ask(body)
            answer.makeCallsUnique(besides: &context.callIDs) { "call_\(StoreEnvironment.randomIdentifier())" }
            let reply = Reply(text: answer.text, whole: partial + answer.text, stopReason: answer.stopReason)
            guard !answer.toolCalls.isEmpty else { return reply }
            guard mayCall, agent.tools.json != nil else {
                record.degrade("tools", "the model called tools although it had \(mayCall ? "none" : "called enough")")
                return reply
            }
            let text = answer.text.isEmpty ? [] : [SageSessions.MessagePart.text(answer.text)]
            let message = SageSessions.Message(
                role: .assistant, parts: text + answer.toolCalls.map { .toolCall($0) })
            try await agent.append([.message(message)], to: turn)
            let start = RequestReport.now
            context.add(message, try await tools.run(answer.toolCalls))
            let waited = Duration.nanoseconds(RequestReport.now.elapsed(since: start))
            record.update { $0.waited += waited }
            partial = ""
            round += 1
        }
    }

    /// Calls the model, and keeps what clients see of its answer.
    private func ask(_ body: JSONObject) async throws -> ModelReply {
        let (losses, loss) = AsyncStream.makeStream(of: SessionError.self, bufferingPolicy: .bufferingOldest(1))
        let reply = try await turn.withCheckpoints { [record] error in
            switch error {
            case let error as SessionError: loss.yield(error)
            default:
                let reason = GatewayError(store: error).message
                record.degrade("store", "the partial answer is not kept for now: \(reason)")
            }
        } _: { checkpoints in
            let reply = try await withThrowingTaskGroup(of: ModelReply?.self) { group in
                group.addTask { [self] in
                    try await agent.models.chat(body, for: order.origin) { text in
                        checkpoints.sent(text)
                        feed.send(.delta(text))
                    }
                }
                group.addTask {
                    // The conversation belongs to somebody else: the answer must not go on.
                    for await error in losses { throw error }
                    return nil
                }
                defer { group.cancelAll() }
                guard let reply = try await group.next() ?? nil else { throw CancellationError() }
                return reply
            }
            // It is written as a whole from here on; of one that breaks off what the client has seen is kept.
            checkpoints.discard()
            return reply
        }
        record.update { answer in
            answer.target = reply.target ?? answer.target
            answer.attempts = (answer.attempts ?? 0) + reply.attempts
            answer.fallbacks = (answer.fallbacks ?? 0) + reply.fallbacks
            answer.waited += reply.waited
            if let usage = reply.usage { answer.usage = answer.usage.map { $0 + usage } ?? usage }
        }
        return reply
    }

    // MARK: The end

    /// Writes down that the turn is over; its client hears of it only after that.
    ///
    /// From here on the answer is paid for. A cancellation does not keep it from the log, and neither does a store that is
    /// away: its client is told so after a while, and the end is written as soon as that works, under the same right to
    /// write as before, so that it cannot get in anybody's way.
    private func finish(_ reply: Reply) async {
        let answer = record.answer
        let end = TurnEnding(
            turn, note: answer.note(turn: turn.turn, isWhole: reply.text == reply.whole),
            TurnEnd(
                turn: turn.turn, answer: SageSessions.Message(.assistant, reply.text), outcome: .completed,
                model: answer.model, target: answer.target, usage: answer.usage, stopReason: answer.stopReason,
                error: nil))
        do {
            try await agent.shielded { [agent] in try await agent.storing(isRepeatable: true) { try await end.write() }
            }
            feed.send(.done(answer))
        } catch let error as SessionError {
            feed.send(.error(GatewayError(session: error)))
        } catch {
            feed.send(.error(GatewayError(unstored: error)))
            await finishLater(end)
        }
    }

    /// Goes on trying to write the end of a turn whose clients know already that it could not be written.
    private func finishLater(_ end: TurnEnding) async {
        do {
            do {
                try await agent.storing(for: agent.settings.turnTimeout, isRepeatable: true) { try await end.write() }
            } catch is CancellationError {
                // The last moment to do it: the server shuts down.
                try await agent.shielded { [agent] in try await agent.limited(Self.lastMoment) { try await end.write() }
                }
            }
            agent.logger.notice("the end of a turn was stored late", metadata: ["turn": .string(turn.turn)])
        } catch {
            agent.logger.error(
                "the answer of a turn is lost: its end could not be stored",
                metadata: ["turn": .string(turn.turn), "error": .string(StoreCondition.describe(error))])
        }
    }

    /// How long a server that shuts down waits for a store.
    private static let lastMoment = Duration.seconds(2)

    /// Writes down that the turn has failed, or that it may go on later.
    ///
    /// - Returns: What the client is told.
    private func fail(_ error: any Error) async -> GatewayError {
        let told: GatewayError
        switch error {
        case is CancellationError:
            try? await agent.shielded { [agent, turn] in
                try await agent.limited(Self.lastMoment) { try await turn.interrupt(reason: "shutdown") }
            }
            return GatewayError(
                .interrupted, "the server is shutting down; the turn can be resumed", retryAfter: .seconds(1))
        case is TimeLimiterError:
            let limit = DurationText.render(agent.settings.turnTimeout)
            told = GatewayError(.deadlineExceeded, "the turn was not over after \(limit)")
        case let error as GatewayError:
            told = error
        case let error as SessionError:
            // Somebody else goes on with it, or it cannot be written to: there is nothing to add.
            return GatewayError(session: error)
        case let error where GatewayError.isOfStore(error):
            return GatewayError(store: error)
        default:
            told = GatewayError(unexpected: error, agent.logger)
        }
        do {
            try await agent.shielded { [turn, agent, order] in
                try await agent.storing {
                    _ = try await turn.end(outcome: .failed, model: order.model, error: told.message)
                }
            }
        } catch {
            agent.logger.warning(
                "the end of a turn is not stored", metadata: ["error_type": .string("\(type(of: error))")])
        }
        return told
    }
}
