import HTTPTypes
import Hummingbird
import NIOCore
import SageLLM
import SageMemory
import SageSessions

/// `/sessions`: conversations of their caller, to list, read, resume, copy, carry elsewhere and delete.
///
/// The router gets to see all of it as one path: an id is whatever stands percent-encoded in its place, also where it
/// looks like a word of the interface.
struct SessionEndpoints: Sendable {
    let agent: Agent
    let access: AgentAccess
    let connections: ConnectionRegistry
    let maxBodyBytes: Int
    let chat: ChatEndpoint

    /// `GET /sessions`.
    func list(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let caller = try access.client(request, context)
        let query = try QueryFields(request, allowed: ["state", "cursor", "limit"])
        let state = try query.word("state", SessionState.self)
        let limit = try query.integer("limit", 1...1_000) ?? 100
        let page = try await storing(nil) { store in
            try await store.list(caller.scope.selection, state: state, cursor: query["cursor"], limit: limit)
        }
        return Response(json: [
            "sessions": .array(page.sessions.compactMap { Self.json($0, caller.scope) }),
            "next_cursor": page.nextCursor.map { .string($0) } ?? .null,
        ])
    }

    /// Everything below `/sessions/`.
    func route(
        _ request: Request, _ context: GatewayRequestContext, _ report: RequestReport
    ) async throws -> Response {
        let parts = request.uri.path.split(separator: "/", omittingEmptySubsequences: false).dropFirst(2).map(
            String.init)
        switch (request.method, parts.count, parts.last) {
        case (.post, 1, "import"): return try await importing(request, context)
        case (.get, 1, _), (.head, 1, _): return try await show(try id(parts[0]), request, context)
        case (.delete, 1, _): return try await delete(try id(parts[0]), request, context)
        case (.post, 2, "resume"): return try await chat.resume(try id(parts[0]), request, context, report)
        case (.post, 2, "fork"): return try await fork(try id(parts[0]), request, context)
        case (.post, 2, "repair"): return try await repair(try id(parts[0]), request, context)
        case (.get, 2, "export"), (.head, 2, "export"): return try await export(try id(parts[0]), request, context)
        case (_, 1, _), (_, 2, "resume"), (_, 2, "fork"), (_, 2, "repair"), (_, 2, "export"):
            throw GatewayError(
                .invalidRequest, "\(request.method.rawValue) is not allowed for this path", status: 405)
        default:
            throw GatewayError(
                .invalidRequest,
                "no such path; a slash within the id of a session is written as %2F", status: 404)
        }
    }

    private func id(_ part: String) throws(GatewayError) -> String {
        guard let id = part.exactlyPercentDecoded else {
            throw GatewayError(
                .invalidRequest, "session_id: the path does not stand for valid UTF-8", parameter: "session_id")
        }
        guard !id.isEmpty, !id.utf8.contains(0), id.utf8.count <= 1_024 else {
            throw GatewayError(
                .invalidRequest, "session_id: 1 to \(SessionScope.maximumIDBytes) bytes without NUL are expected",
                parameter: "session_id")
        }
        return id
    }

    private func show(_ id: String, _ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let scope = try access.client(request, context).scope
        let loaded = try await storing(id, within: Agent.readingPatience) {
            try await $0.load(session: scope.stored(id))
        }
        let view = ConversationView(entries: loaded.decoded, policy: ViewPolicy(mergesRoles: false))
        guard case .object(var members) = Self.json(loaded.summary, scope) ?? .null else {
            throw GatewayError(session: .notFound(session: id))
        }
        members["messages"] = .array(
            view.messages.flatMap { message in
                ChatMessages.json([message]).map { json in
                    // What is being said at this moment is not interrupted.
                    let isLast = loaded.summary.state == .running && message == view.messages.last
                    guard message.isInterrupted, !isLast, case .object(var members) = json else { return json }
                    members["interrupted"] = true
                    return .object(members)
                }
            })
        var repairs = JSONObject()
        for (kind, count) in view.repairCounts.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            repairs[kind.rawValue] = .integer(Int64(count))
        }
        members["view_repairs"] = .object(repairs)
        members["report"] = Self.json(loaded.report)
        return Response(json: .object(members))
    }

    private func delete(_ id: String, _ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let scope = try access.client(request, context).scope
        let query = try QueryFields(request, allowed: ["memories"])
        guard try query.flag("memories") ?? false else {
            try await storing(id, within: Self.longPatience) {
                try await $0.delete(session: scope.stored(id), evenIfRunning: false)
            }
            return Response(json: ["id": .string(id), "deleted": true])
        }
        let memory = try agent.stores.memories.current()
        let (owner, name) = scope.owner(of: id)
        let count = try await storing(id, within: Self.longPatience) { store in
            var isThere = true
            // Before its memories: a turn that is under way would go on to save.
            do {
                try await store.delete(session: scope.stored(id), evenIfRunning: false)
            } catch SessionError.notFound {
                isThere = false
            }
            let filter = MemoryFilter(metadata: ["session_id": .string(name)])
            let count = try await memory.delete(matching: filter) { owner.shown($0) != nil }
            // A call before may have been stopped between the two.
            guard isThere || count > 0 else { throw SessionError.notFound(session: id) }
            return count
        }
        return Response(json: ["id": .string(id), "deleted": true, "memories_deleted": .integer(Int64(count))])
    }

    private func fork(_ id: String, _ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let scope = try access.client(request, context).scope
        let body = try await body(request, context)
        let fields = try BodyFields(
            body.readableBytes == 0 ? ByteBuffer(string: "{}") : body, allowed: ["seq", "session_id"])
        let seq = try fields.integer("seq", 0...Int.max).map(Int64.init)
        let copy = try fields.id("session_id") ?? "ses_\(StoreEnvironment.randomIdentifier())"
        try await storing(id, within: Self.longPatience) { store in
            _ = try await store.fork(session: scope.stored(id), at: seq, as: scope.stored(copy))
        }
        return Response(status: .created, json: ["session_id": .string(copy)])
    }

    private func repair(_ id: String, _ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let scope = try access.client(request, context).scope
        let report = try await storing(id, within: Self.longPatience) { try await $0.repair(session: scope.stored(id)) }
        return Response(json: [
            "session_id": .string(id), "quarantined": .integer(Int64(report.quarantined)),
            "recorded": .array(report.recorded.map { .string($0) }),
            "recorded_interruption": .bool(report.hasRecordedInterruption),
            "recounted": .bool(report.hasRecounted), "report": Self.json(report.load),
        ])
    }

    // MARK: Carrying conversations elsewhere

    private func export(_ id: String, _ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let scope = try access.client(request, context).scope
        let query = try QueryFields(request, allowed: ["format"])
        let format = try query.word("format", ConversationFormat.self) ?? .sage
        let bytes = try await storing(id, within: Self.longPatience) { store in
            do {
                return try await store.exportConversation(
                    session: scope.stored(id), format: format, options: ConversationExport.Options(sessionID: id))
            } catch let error as FormatError {
                throw GatewayError(.invalidRequest, "\(error)", parameter: "format")
            }
        }
        return Response(
            status: .ok,
            headers: [.contentType: format == .sage ? "application/x-ndjson" : "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    private func importing(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let scope = try access.client(request, context).scope
        let query = try QueryFields(request, allowed: ["format", "session_id"])
        // As the program calls itself.
        let wanted =
            query["format"] == "claude-code" ? .claude : try query.word("format", ConversationFormat.self)
        let bytes = Array(try await body(request, context).readableBytesView)
        let conversation: ImportedConversation
        do throws(FormatError) {
            guard let format = wanted ?? ConversationFormat.detect(bytes) else {
                throw FormatError(
                    .sage, field: "", found: "of no format that is known",
                    allowed: ConversationFormat.allCases.map(\.rawValue).joined(separator: ", "))
            }
            conversation = try ConversationImport.read(bytes, format: format)
        } catch {
            throw GatewayError(.invalidRequest, "\(error)", parameter: error.field.isEmpty ? nil : error.field)
        }
        let id = try BodyFields.checkedID(
            query["session_id"] ?? conversation.sessionID ?? "ses_\(StoreEnvironment.randomIdentifier())", "session_id")
        let (imported, count) = try await storing(id, within: Self.longPatience) { store in
            let imported = try await store.importConversation(conversation, as: scope.stored(id))
            return (imported, try await store.summary(session: scope.stored(id)).messageCount)
        }
        return Response(
            status: .created,
            json: [
                "session_id": .string(id), "message_count": .integer(Int64(count)),
                "changes": .array(imported.report.changes.map { .string($0.description) }),
            ])
    }

    // MARK: Helpers

    private func body(_ request: Request, _ context: GatewayRequestContext) async throws -> ByteBuffer {
        let monitor = connections.monitor(of: context.channel)
        return try await monitor.whileConnected { try await request.collectBody(upTo: maxBodyBytes, from: monitor) }
    }

    /// How long what reads or writes a whole conversation may take.
    private static let longPatience = Duration.seconds(60)

    private func storing<Value: Sendable>(
        _ id: String?, within limit: Duration = Agent.storePatience,
        _ operation: (ConversationStore) async throws -> Value
    ) async throws -> Value {
        let store = try agent.conversations()
        do {
            return try await agent.limited(limit) { try await operation(store) }
        } catch let error as SessionError {
            throw GatewayError(session: error, shown: id)
        } catch {
            if error is GatewayError || error is CancellationError { throw error }
            throw GatewayError(store: error)
        }
    }

    private static func json(_ summary: SessionSummary, _ scope: SessionScope) -> JSONValue? {
        guard let id = scope.shown(summary.id) else { return nil }
        return [
            "id": .string(id), "state": .string(summary.state.rawValue),
            "created": .string(WallClockText.iso8601(milliseconds: summary.created)),
            "updated": .string(WallClockText.iso8601(milliseconds: summary.updated)),
            "message_count": .integer(Int64(summary.messageCount)), "bytes": .integer(summary.bytes),
            "last_seq": .integer(summary.lastSequence),
        ]
    }

    private static func json(_ report: LoadReport) -> JSONValue {
        [
            "recovered": .integer(Int64(report.recovered)),
            "dropped": .array(
                report.dropped.map { dropped in
                    [
                        "seq": dropped.seq.map { .integer($0) } ?? .null, "bytes": .integer(Int64(dropped.bytes)),
                        "reason": .string(dropped.reason), "quarantined": .bool(dropped.isQuarantined),
                    ]
                }),
            "dropped_bytes": .integer(Int64(report.droppedBytes)),
            "gaps": .array(report.gaps.map { [.integer($0.lowerBound), .integer($0.upperBound)] }),
            "problems": .array(report.problems.map { .string($0) }),
            "repairs": .array(report.repairs.map { .string($0) }),
        ]
    }
}
