/// The lines of Claude Code, as far as they are understood: its format is its own and changes without notice.
///
/// What counts is the order of the lines; parents are looked at only to report those that are not there, since chains
/// break in practice. Lines of type `user` and `assistant` are messages; those of side chains, summaries, progress and
/// everything else are left out and counted. A broken line costs that line, a torn last one too.
enum ClaudeLines {
    static func read(_ bytes: [UInt8], limits: ImportLimits) throws(FormatError) -> ImportedConversation {
        var reader = ClaudeLinesReader(limits: limits)
        try LineReader.forEachLine(of: bytes, format: .claude, limits: limits) { line throws(FormatError) in
            try reader.read(line)
        }
        return try reader.finish()
    }
}

struct ClaudeLinesReader {
    private var collector: ImportCollector
    private var ids: Set<ExactText> = []
    private var sessionID: String?
    private var firstLine: Int?
    private var understood = 0

    init(limits: ImportLimits) {
        collector = ImportCollector(.claude, limits: limits)
        collector.add(extra: .null)
    }

    mutating func read(_ line: LineReader.Line) throws(FormatError) {
        // Programs that were killed leave runs of NUL where a block of the file was never written.
        let bytes = line.bytes.contains(0) ? line.bytes.filter { $0 != 0 } : line.bytes
        let place = "line \(line.number)"
        if bytes.count < line.bytes.count { collector.report.add(.cleanedText, at: place) }
        if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }) { return }
        firstLine = firstLine ?? line.number
        var reader = JSONReader(bytes, limits: collector.limits.line, nullsNotFinite: true)
        guard let node = try? reader.read(), node.objectValue != nil else {
            return collector.report.add(line.isEnded ? .brokenLine : .tornLine, at: place)
        }
        collector.report.cleaning.replacements += reader.replacements
        collector.report.add(.cleanedText, at: place, count: reader.replacements)
        let type = node["type"]?.stringValue
        if type != nil { understood += 1 }
        if sessionID == nil { sessionID = node["sessionId"]?.stringValue }
        try add(node, type, line.number)
    }

    private mutating func add(_ node: JSONNode, _ type: String?, _ line: Int) throws(FormatError) {
        let place = "line \(line)"
        let id = node["uuid"]?.stringValue
        // Every line may be a parent, also one that is no message.
        let isKnown = id.map { !ids.insert(ExactText($0)).inserted } ?? false
        guard type == "user" || type == "assistant", node["isSidechain"]?.boolValue != true,
            let body = node["message"]
        else { return collector.report.add(.skippedLine, at: place) }
        guard !isKnown else { return collector.report.add(.duplicateEntry, at: place) }
        if let parent = node["parentUuid"]?.stringValue, !ids.contains(ExactText(parent)) {
            collector.report.add(.danglingParent, at: place)
        }
        guard var message = try? AnthropicMessageReader.read(body) else {
            return collector.report.add(.brokenLine, at: place)
        }
        if message.role == .system { message.role = .user }
        var usable = id
        if let id, (try? SessionIdentifier.check(id)) == nil {
            collector.report.add(.refusedID, at: place)
            usable = nil
        }
        try collector.add(
            message, field: "message", line: line, id: usable,
            createdAt: node["timestamp"]?.stringValue.flatMap(Timestamp.milliseconds))
    }

    mutating func finish() throws(FormatError) -> ImportedConversation {
        guard understood > 0 else {
            throw FormatError(
                .claude, line: firstLine ?? 1, field: "type", found: firstLine == nil ? "an empty file" : "missing",
                allowed: "lines of JSON with a type such as user or assistant")
        }
        return ImportedConversation(sessionID: sessionID, entries: collector.entries, report: collector.report)
    }
}
