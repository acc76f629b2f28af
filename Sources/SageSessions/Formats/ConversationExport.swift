/// Writes conversations as files of any format but Claude Code's.
public enum ConversationExport {
    /// How a conversation is written.
    public struct Options: Sendable, Hashable {
        /// The id that the file says; nil leaves the one that an import brought, or none.
        public var sessionID: String?
        /// Milliseconds since 1970 that the file says it was written; nil leaves what an import brought.
        public var savedAt: Int64?
        /// Milliseconds since 1970 at which the conversation was found interrupted; nil if it is not.
        public var interruptedAt: Int64?
        /// How many messages a snapshot holds at most, the last ones; nil for all, 100 in older programs.
        public var maximumMessages: Int?
        /// Whether `openai` and `anthropic` show the log as it is, rather than the view that providers take.
        public var isFaithful: Bool

        /// Creates options.
        ///
        /// - Parameters:
        ///   - sessionID: The id that the file says. Defaults to what an import brought.
        ///   - savedAt: When it is written, in milliseconds since 1970. Defaults to what an import brought.
        ///   - interruptedAt: When it was found interrupted, in milliseconds since 1970. Defaults to not at all.
        ///   - maximumMessages: How many messages a snapshot holds at most. Defaults to all.
        ///   - isFaithful: Whether `openai` and `anthropic` show the log as it is: a file that was imported comes out with
        ///     the same JSON values. Defaults to false: what providers take.
        public init(
            sessionID: String? = nil, savedAt: Int64? = nil, interruptedAt: Int64? = nil, maximumMessages: Int? = nil,
            isFaithful: Bool = false
        ) {
            self.sessionID = sessionID
            self.savedAt = savedAt
            self.interruptedAt = interruptedAt
            self.maximumMessages = maximumMessages
            self.isFaithful = isFaithful
        }
    }

    /// Writes a conversation.
    ///
    /// An imported snapshot that is written without `savedAt` comes out with the same JSON values, unknown members
    /// included; the same holds for `openai` and `anthropic` where the export is faithful. `sage` is complete always.
    ///
    /// - Parameters:
    ///   - entries: The log.
    ///   - format: The format.
    ///   - options: How.
    /// - Returns: The file.
    /// - Throws: ``FormatError`` for `claude`, which can only be read.
    public static func write(
        _ entries: [LogEntry], format: ConversationFormat, options: Options = Options()
    ) throws(FormatError) -> [UInt8] {
        switch format {
        case .sage: return SageLog.write(entries, sessionID: options.sessionID, savedAt: options.savedAt)
        case .claude:
            let allowed = ConversationFormat.allCases.filter { $0 != .claude }.map(\.rawValue).joined(separator: ", ")
            throw FormatError(.claude, field: "format", found: "'claude', which can only be read", allowed: allowed)
        case .snapshot, .openai, .anthropic: break
        }
        let decoded = entries.compactMap { try? $0.decoded() }
        var unfolding = ViewUnfolding()
        var imported: [(format: String, extra: JSONText)] = []
        for entry in decoded {
            if case .imported(let format, let extra) = entry.payload { imported.append((format, extra)) }
            unfolding.add(entry)
        }
        let messages = unfolding.finish().map(\.message)
        var bytes: [UInt8] = []
        switch format {
        case .snapshot:
            SnapshotFormat.write(messages, imported: imported, options: options).write(to: &bytes)
        case .openai where options.isFaithful: openAI(messages, imported).write(to: &bytes)
        case .openai:
            let policy = ViewPolicy(mergesRoles: false, rawFormats: ["openai"])
            let view = ConversationView(entries: decoded, policy: policy)
            JSONNode.array(view.messages.flatMap(OpenAIMessageWriter.write)).write(to: &bytes)
        case .anthropic where options.isFaithful: anthropic(messages, imported).write(to: &bytes)
        case .anthropic, .sage, .claude:
            let view = ConversationView(entries: decoded, policy: ViewPolicy(rawFormats: ["anthropic"]))
            legalAnthropic(view.messages).write(to: &bytes)
        }
        return bytes
    }

    private static func openAI(_ messages: [Message], _ imported: [(format: String, extra: JSONText)]) -> JSONNode {
        let written = messages.flatMap { message in
            MessageEnvelope.open(message, .openai).map { [$0] } ?? OpenAIMessageWriter.write(message)
        }
        let header = imported.first { $0.format == ConversationFormat.openai.rawValue }?.extra.node ?? .null
        return header.objectValue == nil ? .array(written) : header.replacing(["messages": .array(written)])
    }

    private static func anthropic(_ messages: [Message], _ imported: [(format: String, extra: JSONText)]) -> JSONNode {
        let systems = messages.filter { $0.role == .system }
        let written = messages.filter { $0.role != .system }.map {
            MessageEnvelope.open($0, .anthropic) ?? AnthropicMessageWriter.write($0)
        }
        let header = imported.first { $0.format == ConversationFormat.anthropic.rawValue }?.extra.node ?? .null
        if header.objectValue == nil, systems.isEmpty { return .array(written) }
        guard let fields = header.objectValue, fields.contains(where: { $0.key == "system" }) || systems.isEmpty else {
            return whole(systems, written)
        }
        return header.replacing(
            systems.isEmpty
                ? ["messages": .array(written)] : ["messages": .array(written), "system": system(systems)])
    }

    private static func whole(_ systems: [Message], _ messages: [JSONNode]) -> JSONNode {
        .object(
            (systems.isEmpty ? [] : [JSONField("system", system(systems))])
                + [JSONField("messages", .array(messages))])
    }

    private static func system(_ messages: [Message]) -> JSONNode {
        if messages.count == 1 {
            return MessageEnvelope.open(messages[0], .anthropic) ?? AnthropicMessageWriter.content(messages[0])
        }
        return .array(messages.flatMap { $0.parts.compactMap(AnthropicMessageWriter.block) })
    }

    /// Results count as the user's there, so they and what the user says next are one message.
    private static func legalAnthropic(_ messages: [Message]) -> JSONNode {
        var turns: [Message] = []
        for message in messages where message.role != .system {
            if let last = turns.last, (last.role == .assistant) == (message.role == .assistant) {
                turns[turns.count - 1].parts = last.parts + message.parts
            } else {
                turns.append(message)
            }
        }
        return whole(messages.filter { $0.role == .system }, turns.map(AnthropicMessageWriter.write))
    }
}
