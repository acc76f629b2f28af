/// Snapshots of conversations: an object with `messages` of any shape, of which older programs kept the last 100 while
/// `message_count` counts all.
enum SnapshotFormat {
    static func read(_ bytes: [UInt8], limits: ImportLimits) throws(FormatError) -> ImportedConversation {
        var collector = ImportCollector(.snapshot, limits: limits)
        let document = try collector.parse(bytes)
        guard document.objectValue != nil else {
            throw FormatError(.snapshot, field: "", found: document.kind, allowed: "an object")
        }
        let known = ["session_id", "messages", "message_count", "saved_at", "interrupted"]
        guard known.contains(where: { document[$0] != nil }) else {
            throw FormatError(
                .snapshot, field: "", found: "an object of another kind",
                allowed:
                    "an object with session_id, saved_at, message_count, messages, extra, interrupted, interrupted_at"
            )
        }
        let messages = document["messages"] ?? .array([])
        guard let elements = messages.arrayValue else {
            throw FormatError(.snapshot, field: "messages", found: messages.kind, allowed: "an array")
        }
        var sessionID: String?
        if let id = document["session_id"], !id.isNull {
            guard let text = id.stringValue else {
                throw FormatError(.snapshot, field: "session_id", found: id.kind, allowed: "a string")
            }
            sessionID = text
        }
        collector.add(extra: document.replacing(["messages": .integer(Int64(elements.count))]))
        var openAI = OpenAIMessageReader()
        for (index, node) in elements.enumerated() {
            let field = "messages[\(index)]"
            try collector.add(message(node, field, &openAI, &collector.report), field: field)
        }
        if let count = document["message_count"]?.integerValue, count > Int64(elements.count) {
            collector.report.add(.missingMessages, at: "message_count")
        }
        var conversation = ImportedConversation(
            sessionID: sessionID, entries: collector.entries, report: collector.report)
        conversation.isInterrupted = document["interrupted"]?.boolValue ?? false
        conversation.interruptedAt = document["interrupted_at"].flatMap(milliseconds)
        return conversation
    }

    /// Any dictionary is a message; one that is not understood is kept and shown in no view.
    private static func message(
        _ node: JSONNode, _ field: String, _ openAI: inout OpenAIMessageReader, _ report: inout ImportReport
    ) -> Message {
        var message: Message
        if AnthropicMessages.hasOwnBlocks(node), let read = try? AnthropicMessageReader.read(node) {
            message = read
        } else if let read = try? openAI.read(renamed(node), field: field, report: &report) {
            message = read
        } else {
            report.add(.unknownMessage, at: field)
            message = Message(role: .user, parts: [])
        }
        MessageEnvelope.seal(&message, original: node, written: OpenAIMessageWriter.write(message), .snapshot)
        return message
    }

    /// The words that other programs have for the roles.
    private static func renamed(_ node: JSONNode) -> JSONNode {
        let roles = ["human": "user", "ai": "assistant", "bot": "assistant", "model": "assistant"]
        guard let role = node["role"]?.stringValue, let name = roles[role.lowercased()] else { return node }
        return node.replacing(["role": .string(name)])
    }

    /// Writes a snapshot.
    ///
    /// What the log was imported with stays as it was; what has come since is counted and written.
    static func write(
        _ items: [Message], imported: [(format: String, extra: JSONText)], options: ConversationExport.Options
    ) -> JSONNode {
        let written = items.flatMap { message in
            MessageEnvelope.open(message, .snapshot).map { [$0] } ?? OpenAIMessageWriter.write(message)
        }
        let header = imported.first { $0.format == ConversationFormat.snapshot.rawValue }?.extra.node ?? .object([])
        var fields = header.objectValue ?? []
        func set(_ key: String, _ value: JSONNode, isNew: Bool = true) {
            if let index = fields.firstIndex(where: { $0.key.hasSameBytes(as: key) }) {
                fields[index].value = value
            } else if isNew {
                fields.append(JSONField(key, value))
            }
        }
        if let id = options.sessionID { set("session_id", .string(id)) }
        if let savedAt = options.savedAt { set("saved_at", seconds(savedAt)) }
        let kept = options.maximumMessages.map { Array(written.suffix(max($0, 0))) } ?? written
        let isNew = header.objectValue?.isEmpty ?? true
        // What an older program had cut off is still counted, and what nobody added to keeps the count it came with.
        let added = Int64(written.count) - (header["messages"]?.integerValue ?? 0)
        if isNew {
            set("message_count", .integer(Int64(written.count)))
        } else if added != 0, let count = header["message_count"]?.integerValue {
            set("message_count", .integer(max(count, 0) &+ added))
        }
        set("messages", .array(kept), isNew: isNew || !kept.isEmpty)
        if isNew { set("extra", .object([])) }
        switch options.interruptedAt {
        case .some(let time):
            set("interrupted", .bool(true))
            // As the file had it, if it is the same moment: it may tell it more exactly.
            if fields.first(where: { $0.key == "interrupted_at" }).flatMap({ milliseconds($0.value) }) != time {
                set("interrupted_at", seconds(time))
            }
        case nil where options.savedAt != nil:
            fields.removeAll { $0.key == "interrupted" || $0.key == "interrupted_at" }
        case nil: break
        }
        return .object(fields)
    }

    /// Milliseconds since 1970; nil for what is no time.
    private static func milliseconds(_ seconds: JSONNode) -> Int64? {
        guard case .number(let text) = seconds, let seconds = Double(text) else { return nil }
        // Beyond, the product would not be exact to the millisecond.
        guard seconds.magnitude < 1e12 else { return nil }
        return Int64((seconds * 1_000).rounded())
    }

    /// Seconds since 1970 with the digits of the milliseconds, as Python's `time.time()` gives them.
    private static func seconds(_ milliseconds: Int64) -> JSONNode {
        let (whole, rest) = milliseconds.quotientAndRemainder(dividingBy: 1_000)
        let digits = String(rest.magnitude)
        let sign = milliseconds < 0 && whole == 0 ? "-" : ""
        return .number("\(sign)\(whole).\(String(repeating: "0", count: 3 - digits.count))\(digits)")
    }
}
