/// The complete export: a line that says what it is, a line for each entry, a line that says how many there were.
///
/// Each line is one JSON object. The first: `{"format":"sage-conversation","session_id":...,"version":1}`. Then entries:
/// `{"checksum":...,"createdAt":...,"epoch":...,"id":...,"kind":...,"payload":{...},"seq":...}`, the checksum being the
/// store's own; a payload that is no JSON stands as `payloadHex`. The last: `{"entries":N}`, without which a file counts
/// as cut off.
public enum SageLog {
    /// What the first line says the file is.
    public static let name = "sage-conversation"
    /// The version that is written, and the highest that is read.
    public static let version: Int64 = 1

    /// The first line, its line feed included.
    ///
    /// - Parameters:
    ///   - sessionID: The conversation.
    ///   - savedAt: When the file is written, in milliseconds since 1970.
    public static func header(sessionID: String?, savedAt: Int64? = nil) -> [UInt8] {
        var writer = PayloadWriter()
        writer.object { writer in
            writer.field("format", name)
            writer.field("saved_at", savedAt)
            writer.field("session_id", sessionID)
            writer.field("version", version)
        }
        return writer.bytes + [0x0A]
    }

    /// The line of an entry, its line feed included.
    ///
    /// - Parameter entry: The entry as it is stored, damaged or not.
    public static func line(_ entry: LogEntry) -> [UInt8] {
        var writer = PayloadWriter()
        writer.object { writer in
            writer.field("checksum", Int64(entry.checksum))
            writer.field("createdAt", entry.createdAt)
            writer.field("epoch", entry.epoch)
            writer.field("id", entry.id)
            writer.field("kind", entry.kind)
            if let json = try? JSONText(bytes: entry.payload, limits: depth), Array(json.text.utf8) == entry.payload {
                writer.field("payload", json)
            } else {
                writer.field("payloadHex", Hexadecimal.encode(entry.payload))
            }
            writer.field("seq", entry.seq)
        }
        return writer.bytes + [0x0A]
    }

    /// The last line, its line feed included.
    ///
    /// - Parameter count: How many entries there were.
    public static func footer(count: Int) -> [UInt8] { Array("{\"entries\":\(count)}\n".utf8) }

    static func write(_ entries: [LogEntry], sessionID: String?, savedAt: Int64?) -> [UInt8] {
        entries.reduce(into: header(sessionID: sessionID, savedAt: savedAt)) { $0 += line($1) }
            + footer(count: entries.count)
    }

    static func read(_ bytes: [UInt8], limits: ImportLimits) throws(FormatError) -> ImportedConversation {
        var reader = SageLogReader(limits: limits)
        var entries: [LogEntry] = []
        try LineReader.forEachLine(of: bytes, format: .sage, limits: limits) { line throws(FormatError) in
            if let entry = try reader.read(line) { entries.append(entry) }
        }
        try reader.finish()
        var conversation = ImportedConversation(
            sessionID: reader.sessionID,
            entries: entries.compactMap { entry in
                (try? entry.decoded()).map {
                    ImportedConversation.Entry(id: $0.id, createdAt: $0.createdAt, payload: $0.payload)
                }
            }, report: reader.report)
        conversation.log = entries
        return conversation
    }

    /// A payload may be as deep as what came in and what wraps it.
    static let depth = JSONLimits(maximumBytes: .max, maximumDepth: 512)
}
