import HTTPTypes
import SageLLM
import SageResilience
import SageSessions

extension Agent {
    /// Begins the turn that a request asks for, or finds it: what was asked for with the same idempotency key is done
    /// once.
    ///
    /// - Parameters:
    ///   - chat: The request.
    ///   - scope: What the caller may see.
    ///   - client: The key that was shown.
    ///   - headers: The fields of the request.
    ///   - id: The id of the request.
    /// - Returns: What the turn tells.
    /// - Throws: ``GatewayError``.
    func begin(
        _ chat: ChatRequest, scope: SessionScope, client: ClientKey?, headers: HTTPFields, id: String
    ) async throws -> TurnFeed {
        let model = try model(chat.model, for: client)
        let store = try conversations()
        try runner.checkRoom()
        // What is refused anyway leaves nothing in the conversation.
        try client?.checkRoom()
        let sessionID = chat.sessionID ?? Self.newID(scope, chat.idempotencyKey)
        let order = TurnOrder(
            scope: scope, sessionID: sessionID, model: model, isStream: chat.isStream,
            recalls: chat.memory.recall ?? memorySettings.recall.enabled,
            saving: chat.memory.save ?? memorySettings.save, namespace: chat.memory.namespace ?? Self.defaultNamespace,
            origin: ModelCaller.Origin(headers: headers, client: client, id: id))
        let wish = TurnWish(
            message: chat.message, key: chat.idempotencyKey, fingerprint: KeyDigest(key: chat.message).description)
        let beginning = try await telling(sessionID) {
            try await limited(Self.storePatience) { try await begin(order, wish, store) }
        }
        switch beginning {
        case .feed(let feed): return feed
        case .running(isSame: true): return follow(order, wish, store)
        case .running(isSame: false):
            throw GatewayError(
                .conflict, "a turn of this session is under way; wait for its end, or begin another session",
                parameter: "session_id", retryAfter: .seconds(1))
        }
    }

    /// Goes on with the interrupted turn of a conversation.
    ///
    /// - Throws: ``GatewayError``: a conflict when nothing is interrupted, or somebody goes on with it already.
    func resume(
        _ sessionID: String, scope: SessionScope, _ resume: ResumeRequest, client: ClientKey?, headers: HTTPFields,
        id: String
    ) async throws -> TurnFeed {
        let store = try conversations()
        try runner.checkRoom()
        try client?.checkRoom()
        return try await telling(sessionID) {
            let session = scope.stored(sessionID)
            let last = try await limited(Self.readingPatience) { try await Self.lastTurn(of: session, in: store) }
            let model = try model(resume.model ?? last.model, for: client)
            let order = TurnOrder(
                scope: scope, sessionID: sessionID, model: model, isStream: resume.isStream,
                recalls: resume.memory.recall ?? memorySettings.recall.enabled,
                saving: resume.memory.save ?? memorySettings.save,
                namespace: resume.memory.namespace ?? Self.defaultNamespace,
                origin: ModelCaller.Origin(headers: headers, client: client, id: id), isResumed: true)
            let turn = try await limited(Self.storePatience) { try await store.resume(session: session) }
            return start(turn, order, key: last.key, store)
        }
    }

    /// Turns what the store refuses into what a client is told of it.
    private func telling<Value>(
        _ sessionID: String, _ operation: () async throws -> Value
    ) async throws -> Value {
        do {
            return try await operation()
        } catch let error as SessionError {
            throw GatewayError(session: error, shown: sessionID)
        } catch {
            throw error is GatewayError || error is CancellationError ? error : GatewayError(store: error)
        }
    }

    /// The namespace of memory where a request names none.
    static let defaultNamespace = "default"

    /// What a turn begins with.
    private struct TurnWish: Sendable {
        var message: String
        var key: String?
        var fingerprint: String
    }

    /// What became of a wish.
    private enum Beginning: Sendable {
        /// The turn that was asked for tells of itself here.
        case feed(TurnFeed)
        /// A turn of the conversation is under way that cannot be listened to; it may be the same one.
        case running(isSame: Bool)
    }

    private func begin(
        _ order: TurnOrder, _ wish: TurnWish, _ store: ConversationStore
    ) async throws -> Beginning {
        let session = order.scope.stored(order.sessionID)
        let began = try await store.beginTurn(
            session: session, message: SageSessions.Message(.user, wish.message), idempotencyKey: wish.key,
            fingerprint: wish.key == nil ? nil : wish.fingerprint, model: order.model)
        switch began {
        case .began(let turn):
            return .feed(start(turn, order, key: wish.key, store))
        case .finished(let entry):
            return .feed(try await replay(entry, order, store))
        case .interrupted:
            var order = order
            order.isResumed = true
            return .feed(start(try await store.resume(session: session), order, key: wish.key, store))
        case .running:
            guard let key = wish.key else { return .running(isSame: false) }
            if let feed = runner.find(session, idempotencyKey: key) { return .feed(feed) }
            return .running(isSame: try await Self.lastTurn(of: session, in: store).key == key)
        }
    }

    private func start(_ turn: OpenTurn, _ order: TurnOrder, key: String?, _ store: ConversationStore) -> TurnFeed {
        let feed = TurnFeed(sessionID: order.sessionID)
        let work = AgentTurn(self, store, turn, order, feed)
        runner.start(turn.session, idempotencyKey: key, feed) { _ in
            await EmbeddingPayer.$key.withValue(order.origin.client) { await work.run() }
        }
        return feed
    }

    /// Tells an answer that was given before.
    private func replay(_ entry: LogEntry, _ order: TurnOrder, _ store: ConversationStore) async throws -> TurnFeed {
        guard case .turnEnded(let end) = try entry.decoded().payload else {
            throw GatewayError(.conflict, "the answer of this idempotency key cannot be read")
        }
        let entries = try await store.entries(session: order.scope.stored(order.sessionID), turn: end.turn)
        let answer = TurnAnswer(sessionID: order.sessionID, end, entries)
        let feed = TurnFeed(sessionID: order.sessionID)
        if !answer.reply.isEmpty { feed.send(.delta(answer.reply)) }
        feed.send(.done(answer))
        return feed
    }

    /// Waits for the same turn in another process, and goes on with it should that process die; also for one in this
    /// process whose end is being written still.
    private func follow(_ order: TurnOrder, _ wish: TurnWish, _ store: ConversationStore) -> TurnFeed {
        let feed = TurnFeed(sessionID: order.sessionID)
        let session = order.scope.stored(order.sessionID)
        runner.start(session, idempotencyKey: nil, feed) { [self] _ in
            do {
                let deadline = clock.now(after: settings.turnTimeout)
                while !deadline() {
                    try await Timeline(clock).sleep(nanoseconds: 250_000_000)
                    let beginning = try await limited(Self.storePatience) { try await begin(order, wish, store) }
                    guard case .feed(let other) = beginning else { continue }
                    return try await Self.relay(other, to: feed)
                }
                feed.send(.error(GatewayError(.deadlineExceeded, "the turn was not over in time")))
            } catch let error as SessionError {
                feed.send(.error(GatewayError(session: error, shown: order.sessionID)))
            } catch is CancellationError {
                return
            } catch {
                feed.send(.error(error as? GatewayError ?? GatewayError(store: error)))
            }
        }
        return feed
    }

    /// Tells what another feed tells, up to its end.
    private static func relay(_ other: TurnFeed, to feed: TurnFeed) async throws {
        let subscription = other.subscribe()
        defer { subscription.cancel() }
        var position = 0
        while feed.ending == nil {
            let events = subscription.events(from: position)
            position += events.count
            for event in events {
                // It has told the name of the conversation already.
                if case .session = event { continue }
                feed.send(event)
            }
            if events.isEmpty { try await subscription.changed() }
        }
    }

    /// The model and the idempotency key of the latest turn of a conversation.
    private static func lastTurn(
        of session: String, in store: ConversationStore
    ) async throws -> (model: String?, key: String?) {
        guard case .turnBegan(_, let key, _, let model) = try await store.latestTurn(session: session)?.payload else {
            return (nil, nil)
        }
        return (model, key)
    }

    /// The id of a new conversation; the same for the same idempotency key, so that a repeated request finds it.
    private static func newID(_ scope: SessionScope, _ key: String?) -> String {
        guard let key else { return "ses_\(StoreEnvironment.randomIdentifier())" }
        let digest = KeyDigest(key: scope.stored("idempotency/\(key)")).description
        return "ses_\(digest.dropFirst("sha256:".count).prefix(32))"
    }
}

extension Clock where Duration == Swift.Duration {
    /// Whether so much time has passed since now.
    fileprivate func now(after duration: Duration) -> () -> Bool {
        let end = now.advanced(by: duration)
        return { now >= end }
    }
}
