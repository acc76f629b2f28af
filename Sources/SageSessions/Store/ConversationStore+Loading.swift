import SageStorage

extension ConversationStore {
    /// Reads a conversation with everything that can be read of it.
    ///
    /// One bad entry never makes it fail: what is damaged or missing stands in the report, and is in no view. Nothing is
    /// changed; ``repair(session:)`` writes down what was found.
    ///
    /// - Parameter session: The id of the conversation.
    /// - Throws: ``SessionError/notFound(session:)``; `StorageError` when the database itself cannot be read.
    public func load(session: String) async throws -> LoadedConversation {
        try Self.checkID(session)
        do {
            return try await read { transaction in
                guard let row = try transaction.find(session) else { throw SessionError.notFound(session: session) }
                return try transaction.load(row).conversation
            }
        } catch let error as StorageError where error.problem == .corrupt && database.dialect == .sqlite {
            return try await salvage(session, error).conversation
        }
    }

    /// Reads place by place what lies on pages of the file that can be read.
    func salvage(_ session: String, _ error: StorageError) async throws -> LogScan {
        var scan = try await read { transaction in
            guard let row = try transaction.find(session) else { throw SessionError.notFound(session: session) }
            return LogScan(row, try transaction.state(of: row))
        }
        scan.conversation.report.problems.append("the file is damaged: \(error.message)")
        let number = scan.row.number
        // The row may be damaged too, and count what never was.
        let end = min(scan.row.lastSequence, Self.maxSalvaged)
        var next: Int64 = 1
        var step: Int64 = 256
        while next <= end {
            let last = min(next + step - 1, end)
            do {
                let found = try await read { [next] in try $0.entries(from: next, to: last, of: number) }
                for entry in found { scan.take(entry.stored, at: entry.seq, []) }
                next = last + 1
                step = min(step * 2, 256)
            } catch let error as StorageError where error.problem == .corrupt {
                // Narrowed down to the entries that cannot be read.
                if step == 1 { next += 1 } else { step = max(1, step / 4) }
            }
        }
        scan.close()
        return scan
    }

    private static let maxSalvaged: Int64 = 1_000_000
}

/// What reading a conversation gives, and what its repair needs.
struct LogScan: Sendable {
    let row: SessionRow
    var conversation: LoadedConversation
    var damaged: [DamagedEntry] = []
    /// The last place at which an entry is.
    var last: Int64 = 0
    var messages: Int64 = 0
    var bytes: Int64 = 0

    init(_ row: SessionRow, _ state: SessionState) {
        self.row = row
        conversation = LoadedConversation(
            summary: row.summary(state), entries: [], decoded: [], report: LoadReport())
        if !row.damaged.isEmpty {
            conversation.report.problems.append(
                "its row is damaged (\(row.damaged.joined(separator: ", "))): the entries tell what it said")
        }
        let expected = Int(clamping: max(0, min(row.lastSequence, 1 << 16)))
        conversation.entries.reserveCapacity(expected)
        conversation.decoded.reserveCapacity(expected)
    }
}

extension LogTransaction {
    /// Reads all entries of a conversation.
    func load(_ row: SessionRow) throws -> LogScan {
        var scan = LogScan(row, try state(of: row))
        let found = try sql.fetch("SELECT seq FROM sage_quarantine WHERE session = $1", [.integer(row.number)])
        let quarantined = Set(found.compactMap { $0[0].integer })
        try sql.forEachRow(
            "SELECT \(Self.entryColumns) FROM \(Self.entrySource) WHERE e.session = $1 ORDER BY e.seq",
            [.integer(row.number)]
        ) { found throws(StorageError) in
            scan.take(StoredEntry(found), at: found[0].integer, quarantined)
            return true
        }
        scan.close()
        return scan
    }

    /// Some entries of a conversation with their places.
    func entries(
        from first: Int64, to last: Int64, of session: Int64
    ) throws -> [(seq: Int64?, stored: StoredEntry)] {
        try sql.fetch(
            """
            SELECT \(Self.entryColumns) FROM \(Self.entrySource) WHERE e.session = $1 AND e.seq BETWEEN $2 AND $3
            ORDER BY e.seq
            """, [.integer(session), .integer(first), .integer(last)]
        ).map { ($0[0].integer, StoredEntry($0)) }
    }
}

extension LogScan {
    /// Takes the next entry, in the order of the log.
    mutating func take(_ stored: StoredEntry, at place: Int64?, _ quarantined: Set<Int64>) {
        if let place, place > last, LogEntry.places.contains(place) {
            if place - 1 > last { conversation.report.gaps.append(last + 1...place - 1) }
            last = place
        }
        switch stored {
        case .intact(let entry):
            do {
                take(entry, try entry.decoded())
            } catch {
                drop(DamagedEntry(entry, "its content cannot be read: \(error)"), quarantined)
            }
        case .damaged(let entry): drop(entry, quarantined)
        }
    }

    private mutating func take(_ entry: LogEntry, _ decoded: DecodedEntry) {
        conversation.entries.append(entry)
        conversation.decoded.append(decoded)
        conversation.report.recovered += 1
        bytes += EntryDraft.bytes(of: entry.payload.count, id: entry.id)
        switch decoded.payload {
        case .message: messages += 1
        case .turnEnded(let end) where end.answer != nil: messages += 1
        case .repair(let kind, let detail): conversation.report.repairs.append("\(kind): \(detail)")
        default: break
        }
    }

    private mutating func drop(_ entry: DamagedEntry, _ quarantined: Set<Int64>) {
        damaged.append(entry)
        bytes += EntryDraft.bytes(of: entry.payload?.count ?? 0, id: entry.id ?? "")
        conversation.report.dropped.append(
            LoadReport.Dropped(
                seq: entry.seq, bytes: entry.payload?.count ?? 0, reason: entry.reason,
                isQuarantined: entry.seq.map(quarantined.contains) ?? false))
    }

    /// Compares what was found with what the conversation's row counts.
    mutating func close() {
        if last < row.lastSequence { conversation.report.gaps.append(last + 1...row.lastSequence) }
        if last > row.lastSequence {
            conversation.report.problems.append(
                "entries up to \(last) are there, its row knows of \(row.lastSequence)")
        }
    }
}
