import HTTPTypes
import Hummingbird
import NIOCore
import SageLLM
import SageMemory

/// `/memory`: what is remembered beyond one conversation.
struct MemoryEndpoints: Sendable {
    let agent: Agent
    let access: AgentAccess
    let connections: ConnectionRegistry
    let maxBodyBytes: Int

    /// `POST /memory`.
    func save(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let caller = try access.client(request, context)
        let monitor = connections.monitor(of: context.channel)
        let body = try await monitor.whileConnected { try await request.collectBody(upTo: maxBodyBytes, from: monitor) }
        let fields = try BodyFields(body, allowed: ["text", "namespace", "metadata"])
        guard let text = try fields.text("text"), !text.isEmpty else {
            throw GatewayError(.invalidRequest, "text: a text that is not empty is required", parameter: "text")
        }
        let maximum = MemoryConfiguration().maxTextBytes
        guard text.utf8.count <= maximum else {
            throw GatewayError(
                .requestTooLarge, "text: has \(text.utf8.count) bytes; allowed are \(maximum)", parameter: "text")
        }
        let namespace = try fields.id("namespace") ?? Agent.defaultNamespace
        let metadata: [String: MetadataValue]
        switch fields["metadata"] {
        case nil, .null: metadata = [:]
        case .object(let members):
            metadata = Dictionary(members.map { ($0.key, MetadataValue($0.value)) }) { _, later in later }
        default: throw fields.unexpected("metadata", "an object")
        }
        let saved = try await EmbeddingPayer.$key.withValue(caller.key) {
            try await storing(within: Self.savingPatience) { store in
                try await store.save(text, namespace: caller.scope.stored(namespace), metadata: metadata)
            }
        }
        return Response(
            status: saved.isDuplicate ? .ok : .created,
            json: [
                "id": .string(saved.id), "duplicate": .bool(saved.isDuplicate), "pending": .bool(saved.isPending),
            ])
    }

    /// Everything below `/memory/`.
    func route(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let parts = request.uri.path.split(separator: "/", omittingEmptySubsequences: false).dropFirst(2).map(
            String.init)
        guard parts.count == 1, let id = parts[0].exactlyPercentDecoded, !id.isEmpty else {
            throw GatewayError(.invalidRequest, "no such path", status: 404)
        }
        switch (request.method, parts[0]) {
        case (.get, "search"), (.head, "search"): return try await search(request, context)
        case (.post, "reindex"): return try await reindex(request, context)
        case (.get, _), (.head, _): return try await get(id, request, context)
        case (.delete, _): return try await delete(id, request, context)
        default:
            throw GatewayError(
                .invalidRequest, "\(request.method.rawValue) is not allowed for this path", status: 405)
        }
    }

    private func search(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let caller = try access.client(request, context)
        let query = try QueryFields(request, allowed: ["q", "k", "mode", "namespace"])
        guard let text = query["q"] else {
            throw GatewayError(.invalidRequest, "q: a text that is not empty is required", parameter: "q")
        }
        let settings = agent.memorySettings.recall
        let k = try query.integer("k", 1...1_000) ?? settings.k
        let mode = try query.word("mode", GatewayConfiguration.Memory.Mode.self) ?? settings.mode
        let namespace = try query.id("namespace") ?? Agent.defaultNamespace
        let found = try await EmbeddingPayer.$key.withValue(caller.key) {
            try await storing(within: Self.savingPatience) { store in
                try await store.search(text, k: k, mode: mode.searchMode, namespace: caller.scope.stored(namespace))
            }
        }
        return Response(json: [
            "results": .array(
                found.results.map { match in
                    [
                        "id": .string(match.id), "text": .string(match.text), "score": .number(match.score),
                        "metadata": JSONValue(match.metadata),
                    ]
                }),
            "degraded": .array(
                found.degraded.map { Degradation(what: $0.what.rawValue, why: $0.why).json }),
        ])
    }

    private func get(_ id: String, _ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let scope = try access.client(request, context).scope
        let (memory, namespace) = try await find(id, scope)
        return Response(json: [
            "id": .string(memory.id), "text": .string(memory.text), "namespace": .string(namespace),
            "metadata": JSONValue(memory.metadata),
            "created": .string(WallClockText.iso8601(milliseconds: memory.createdAt)),
            "pending": .bool(memory.isPending),
        ])
    }

    private func delete(_ id: String, _ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let scope = try access.client(request, context).scope
        let (memory, _) = try await find(id, scope)
        _ = try await storing { try await $0.delete(memory.id) }
        return Response(json: ["id": .string(id), "deleted": true])
    }

    private func find(_ id: String, _ scope: SessionScope) async throws -> (Memory, namespace: String) {
        let found = try await storing { try await $0.get(id) }
        // What belongs to somebody else is not there.
        guard let found, let namespace = scope.shown(found.namespace) else {
            throw GatewayError(.invalidRequest, "there is no such memory", status: 404, parameter: "id")
        }
        return (found, namespace)
    }

    private func reindex(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let caller = try access.client(request, context)
        guard caller.key == nil else {
            throw GatewayError(
                .unauthorized, "the admin token is needed: this works on the memory of all keys", status: 403)
        }
        let progress = try await storing(within: .seconds(3_600)) { try await $0.reindex() }
        return Response(json: [
            "embedded": .integer(Int64(progress.embedded)), "refused": .integer(Int64(progress.refused)),
            "remaining": .integer(Int64(progress.remaining)),
            "problem": progress.problem.map { .string($0) } ?? .null,
        ])
    }

    /// How long a text may take that is made a vector of before.
    private static let savingPatience = Duration.seconds(20)

    private func storing<Value: Sendable>(
        within limit: Duration = Agent.storePatience, _ operation: (MemoryStore) async throws -> Value
    ) async throws -> Value {
        let store = try agent.stores.memories.current()
        do {
            return try await agent.limited(limit) { try await operation(store) }
        } catch {
            if error is GatewayError || error is CancellationError { throw error }
            throw GatewayError(store: error)
        }
    }
}
