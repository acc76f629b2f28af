import SageStorage

/// An entry before it has a place in the log: its payload is cleaned and encoded outside of transactions.
struct EntryDraft: Sendable {
    var id: String
    var kind: String
    var payload: [UInt8]
    /// The hash under which a large payload is stored apart; nil for one that stands in the entry's row.
    var hash: [UInt8]?
    /// 1 for what holds a message, else 0.
    var messages: Int64
    /// When it was said, where that is known, in milliseconds since 1970.
    var createdAt: Int64?
    /// The place that it has to have; nil for the next one.
    var seq: Int64?
    /// The ownership under which it was written; nil for the present one.
    var epoch: Int64?

    /// - Throws: ``SessionError/tooLarge(field:bytes:allowed:)``.
    init(
        id: String, _ payload: EntryPayload, limits: ConversationStoreConfiguration
    ) throws(SessionError) {
        self.id = id
        kind = payload.kind
        // What is far too large is refused before anything is done with it.
        guard payload.textBytes <= limits.maxEntryBytes else {
            throw .tooLarge(field: kind, bytes: payload.textBytes, allowed: limits.maxEntryBytes)
        }
        let payload = payload.cleaned
        self.payload = payload.jsonBytes
        guard self.payload.count <= limits.maxEntryBytes else {
            throw .tooLarge(field: kind, bytes: self.payload.count, allowed: limits.maxEntryBytes)
        }
        hash = Self.hash(of: self.payload, limits)
        messages = payload.messageCount
    }

    private init(_ entry: LogEntry, named id: String, _ decoded: EntryPayload?, _ payload: [UInt8], _ hash: [UInt8]?) {
        self.id = id
        kind = entry.kind
        self.payload = payload
        self.hash = hash
        messages = decoded?.messageCount ?? 0
        createdAt = entry.createdAt
        seq = entry.seq
        epoch = entry.epoch
    }

    /// An entry as another store had it, to be stored in the same place with the same content.
    ///
    /// - Parameters:
    ///   - entry: The entry.
    ///   - id: The name that it gets.
    ///   - limits: What it may be at most.
    /// - Returns: The draft, and whether its texts had to be cleaned.
    /// - Throws: ``SessionError/tooLarge(field:bytes:allowed:)``, ``SessionError/invalidValue(field:value:allowed:)``.
    static func of(
        _ entry: LogEntry, named id: String, limits: ConversationStoreConfiguration
    ) throws(SessionError) -> (draft: EntryDraft, isCleaned: Bool) {
        guard entry.payload.count <= limits.maxEntryBytes else {
            throw .tooLarge(field: entry.kind, bytes: entry.payload.count, allowed: limits.maxEntryBytes)
        }
        guard entry.isIntact, entry.hasPossibleFields else {
            throw .invalidValue(
                field: "entries", value: "seq \(entry.seq), epoch \(entry.epoch)",
                allowed: "intact entries, seq and epoch up to \(LogEntry.places.upperBound)")
        }
        let decoded = try? entry.decoded().payload
        // What comes from a store was cleaned there; what was made by hand is cleaned here.
        let payload = entry.payload.hasEscapedNUL ? decoded?.cleaned.jsonBytes ?? entry.payload : entry.payload
        let draft = EntryDraft(entry, named: id, decoded, payload, hash(of: payload, limits))
        return (draft, payload != entry.payload)
    }

    private static func hash(of payload: [UInt8], _ limits: ConversationStoreConfiguration) -> [UInt8]? {
        payload.count > limits.inlineBytes ? SHA256.bytes(of: payload) : nil
    }

    /// What the entry adds to the bytes of its conversation: the payload, and what its row costs beside it.
    var bytes: Int64 { Self.bytes(of: payload.count, id: id) }

    static func bytes(of payload: Int, id: String) -> Int64 { Int64(payload + id.utf8.count + 64) }
}

extension EntryPayload {
    /// 1 for what holds a message, else 0.
    fileprivate var messageCount: Int64 {
        switch self {
        case .message: 1
        case .turnEnded(let end): end.answer == nil ? 0 : 1
        default: 0
        }
    }
}

extension [UInt8] {
    /// Whether the escape of a NUL character may be in it, as JSON writes it.
    fileprivate var hasEscapedNUL: Bool {
        let escape = Array("\\u0000".utf8)
        var start = startIndex
        while let index = self[start...].firstIndex(of: escape[0]) {
            if self[index...].starts(with: escape) { return true }
            start = index + 1
        }
        return false
    }
}

extension SHA256 {
    /// The hash of a message as 32 bytes.
    static func bytes(of message: [UInt8]) -> [UInt8] {
        let words = hash(message)
        return words.indices.flatMap { index in
            (0..<4).map { UInt8(truncatingIfNeeded: words[index] >> UInt32(24 - 8 * $0)) }
        }
    }
}
