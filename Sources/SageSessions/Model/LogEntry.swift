/// An entry of a conversation's log as it is stored.
public struct LogEntry: Sendable, Hashable {
    /// Its place, counted from 1 without gaps.
    public let seq: Int64
    /// Its name, unique within the conversation; opaque.
    public let id: String
    /// The word that tells the kinds of payloads apart.
    public let kind: String
    /// The payload as JSON in UTF-8.
    public let payload: [UInt8]
    /// The ownership under which it was written.
    public let epoch: Int64
    /// When it was written, in milliseconds since 1970.
    public let createdAt: Int64
    /// The CRC32C over all of the above.
    public let checksum: UInt32

    /// An entry that was read from a store, with the checksum that stands there.
    public init(
        seq: Int64, id: String, kind: String, payload: [UInt8], epoch: Int64, createdAt: Int64, checksum: UInt32
    ) {
        self.seq = seq
        self.id = id
        self.kind = kind
        self.payload = payload
        self.epoch = epoch
        self.createdAt = createdAt
        self.checksum = checksum
    }

    /// An entry about to be written; its checksum is computed.
    ///
    /// - Parameters:
    ///   - seq: Its place.
    ///   - id: Its name.
    ///   - kind: The word of the payload.
    ///   - payload: The payload as JSON in UTF-8.
    ///   - epoch: The ownership under which it is written.
    ///   - createdAt: Milliseconds since 1970.
    public init(seq: Int64, id: String, kind: String, payload: [UInt8], epoch: Int64, createdAt: Int64) {
        self.init(
            seq: seq, id: id, kind: kind, payload: payload, epoch: epoch, createdAt: createdAt,
            checksum: Self.checksum(
                seq: seq, id: id, kind: kind, payload: payload, epoch: epoch, createdAt: createdAt))
    }

    /// An entry about to be written.
    ///
    /// - Parameters:
    ///   - seq: Its place.
    ///   - id: Its name.
    ///   - payload: What it says.
    ///   - epoch: The ownership under which it is written.
    ///   - createdAt: Milliseconds since 1970.
    public init(seq: Int64, id: String, _ payload: EntryPayload, epoch: Int64, createdAt: Int64) {
        self.init(
            seq: seq, id: id, kind: payload.kind, payload: payload.jsonBytes, epoch: epoch, createdAt: createdAt)
    }

    /// Whether the checksum is the one of the content.
    public var isIntact: Bool {
        checksum
            == Self.checksum(seq: seq, id: id, kind: kind, payload: payload, epoch: epoch, createdAt: createdAt)
    }

    /// Whether the same was said: kind and payload, byte for byte; place, time and epoch may differ.
    public func hasSameContent(as other: LogEntry) -> Bool {
        kind.hasSameBytes(as: other.kind) && payload == other.payload
    }

    /// What the entry says.
    ///
    /// - Throws: ``PayloadError`` if the payload is not JSON, not of its kind, or says another kind than the entry.
    public func decoded() throws(PayloadError) -> DecodedEntry {
        let decoded = try EntryPayload(jsonBytes: payload)
        guard decoded.kind.hasSameBytes(as: kind) else {
            throw PayloadError(field: "kind", found: decoded.kind, allowed: "the entry's own kind, \(kind)")
        }
        return DecodedEntry(seq: seq, id: id, createdAt: createdAt, payload: decoded)
    }

    /// Every field is framed by its length, so that no two entries have the same bytes.
    private static func checksum(
        seq: Int64, id: String, kind: String, payload: [UInt8], epoch: Int64, createdAt: Int64
    ) -> UInt32 {
        var crc = CRC32C()
        crc.update(integer: seq)
        crc.update(integer: epoch)
        crc.update(integer: createdAt)
        crc.update(integer: Int64(id.utf8.count))
        crc.update(text: id)
        crc.update(integer: Int64(kind.utf8.count))
        crc.update(text: kind)
        crc.update(payload)
        return crc.value
    }
}

extension LogEntry {
    /// Where an entry may stand: far more than there can ever be, and far from what integers cannot hold.
    static let places: ClosedRange<Int64> = 1...1 << 53
    /// The ownerships under which an entry may have been written; 0 where nobody owned the conversation.
    static let epochs: ClosedRange<Int64> = 0...1 << 53

    /// Whether a store can have written it so.
    var hasPossibleFields: Bool {
        Self.places.contains(seq) && Self.epochs.contains(epoch) && !kind.utf8.contains(0) && kind.utf8.count <= 256
    }
}

extension LogEntry {
    /// Whether both are the same, byte for byte.
    public static func == (left: LogEntry, right: LogEntry) -> Bool {
        left.seq == right.seq && left.epoch == right.epoch && left.createdAt == right.createdAt
            && left.checksum == right.checksum && left.id.hasSameBytes(as: right.id)
            && left.hasSameContent(as: right)
    }

    /// Feeds part of what `==` compares to a hasher.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(seq)
        hasher.combine(checksum)
    }
}

/// An entry whose payload was read.
public struct DecodedEntry: Sendable, Hashable {
    /// Its place.
    public var seq: Int64
    /// Its name, unique within the conversation.
    public var id: String
    /// When it was written, in milliseconds since 1970.
    public var createdAt: Int64
    /// What it says.
    public var payload: EntryPayload

    /// Creates an entry.
    ///
    /// - Parameters:
    ///   - seq: Its place.
    ///   - id: Its name.
    ///   - createdAt: Milliseconds since 1970.
    ///   - payload: What it says.
    public init(seq: Int64, id: String, createdAt: Int64 = 0, payload: EntryPayload) {
        self.seq = seq
        self.id = id
        self.createdAt = createdAt
        self.payload = payload
    }
}
