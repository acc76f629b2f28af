import SageStorage

/// A row of the log as it was read: an entry, or what is left of one.
enum StoredEntry: Sendable {
    /// It is whole.
    case intact(LogEntry)
    /// It is not.
    case damaged(DamagedEntry)

    /// Reads the columns of ``LogTransaction/entryColumns``.
    init(_ row: SQLRow) {
        guard let seq = row[0].integer, let id = row[1].text, let kind = row[2].text, let epoch = row[5].integer,
            let created = row[6].integer, let checksum = row[7].integer
        else {
            self = .damaged(DamagedEntry(row, "a column holds a value of another kind"))
            return
        }
        guard let payload = row[4].isNull ? row[3].blob : row[8].blob else {
            self = .damaged(DamagedEntry(row, row[4].isNull ? "its content is gone" : "its large content is gone"))
            return
        }
        let entry = LogEntry(
            seq: seq, id: id, kind: kind, payload: payload, epoch: epoch, createdAt: created,
            checksum: UInt32(truncatingIfNeeded: checksum))
        guard entry.isIntact, checksum == Int64(entry.checksum) else {
            self = .damaged(DamagedEntry(row, "its checksum does not fit its content"))
            return
        }
        self = .intact(entry)
    }
}

/// What is left of a row of the log that cannot be trusted.
struct DamagedEntry: Sendable {
    /// Its place; nil when that is lost too.
    var seq: Int64?
    var id: String?
    var kind: String?
    var payload: [UInt8]?
    var checksum: Int64?
    var reason: String

    init(_ row: SQLRow, _ reason: String) {
        seq = row[0].integer
        id = row[1].text
        kind = row[2].text
        payload = row[3].blob ?? row[3].text.map { Array($0.utf8) } ?? row[8].blob
        checksum = row[7].integer
        self.reason = reason
    }

    init(_ entry: LogEntry, _ reason: String) {
        seq = entry.seq
        id = entry.id
        kind = entry.kind
        payload = entry.payload
        checksum = Int64(entry.checksum)
        self.reason = reason
    }
}
