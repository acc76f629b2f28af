/// Reads conversations from files of any format.
public enum ConversationImport {
    /// Reads a conversation.
    ///
    /// - Parameters:
    ///   - bytes: The file.
    ///   - format: The format; ``ConversationFormat/detect(_:)`` guesses it.
    ///   - limits: What the file may bring at most.
    /// - Returns: The conversation, and what was changed on the way.
    /// - Throws: ``FormatError``, which names the line or the field, what was found there and what is allowed.
    public static func read(
        _ bytes: [UInt8], format: ConversationFormat, limits: ImportLimits = ImportLimits()
    ) throws(FormatError) -> ImportedConversation {
        guard bytes.count <= limits.maximumBytes else {
            throw FormatError(
                format, field: "", found: "\(bytes.count) bytes", allowed: "at most \(limits.maximumBytes) bytes")
        }
        switch format {
        case .sage: return try SageLog.read(bytes, limits: limits)
        case .snapshot: return try SnapshotFormat.read(bytes, limits: limits)
        case .openai: return try OpenAIMessages.read(bytes, limits: limits)
        case .anthropic: return try AnthropicMessages.read(bytes, limits: limits)
        case .claude: return try ClaudeLines.read(bytes, limits: limits)
        }
    }
}

/// Collects the messages of a file; every one is bounded, cleaned and counted.
struct ImportCollector {
    let format: ConversationFormat
    let limits: ImportLimits
    var report: ImportReport
    private(set) var entries: [ImportedConversation.Entry] = []

    init(_ format: ConversationFormat, limits: ImportLimits) {
        self.format = format
        self.limits = limits
        report = ImportReport(format)
    }

    /// Reads a whole file of one JSON value.
    mutating func parse(_ bytes: [UInt8]) throws(FormatError) -> JSONNode {
        var reader = JSONReader(bytes, limits: limits.document, nullsNotFinite: true)
        do throws(JSONTextError) {
            let node = try reader.read()
            report.cleaning.replacements += reader.replacements
            report.add(.cleanedText, at: "the file", count: reader.replacements)
            report.add(.notFiniteNumber, at: "the file", count: reader.notFinite)
            return node
        } catch {
            throw FormatError(format, error)
        }
    }

    /// Adds what a format has beside messages.
    mutating func add(extra: JSONNode) {
        var extra = extra
        let cleaning = TextCleaner.clean(&extra)
        note(cleaning, at: "the file")
        entries.append(
            ImportedConversation.Entry(payload: .imported(format: format.rawValue, extra: JSONText(extra))))
    }

    mutating func add(
        _ message: Message, field: String, line: Int? = nil, id: String? = nil, createdAt: Int64? = nil
    ) throws(FormatError) {
        report.count += 1
        guard report.count <= limits.maximumMessages else {
            throw FormatError(
                format, line: line, field: "messages", found: "more than \(limits.maximumMessages) messages",
                allowed: "at most \(limits.maximumMessages)")
        }
        var message = message
        note(TextCleaner.clean(&message), at: field)
        do throws(MessageSizeError) {
            try limits.message.check(message)
        } catch {
            let unit = error.field.hasSuffix("parts") ? "parts" : "bytes"
            throw FormatError(
                format, line: line, field: field, found: "\(error.size) \(unit) long",
                allowed: "at most \(error.limit) \(unit)")
        }
        entries.append(
            ImportedConversation.Entry(id: id, createdAt: createdAt, payload: .message(message)))
    }

    private mutating func note(_ cleaning: CleaningReport, at place: String) {
        guard !cleaning.isEmpty else { return }
        report.cleaning.add(cleaning)
        report.add(.cleanedText, at: place)
    }
}
