import SageStorage

/// What a repair has done.
public struct RepairReport: Sendable, Hashable {
    /// What the log looks like after it.
    public var load: LoadReport
    /// How many damaged entries were copied to the quarantine.
    public var quarantined = 0
    /// The records that were added to the log, as `kind: detail`.
    public var recorded: [String] = []
    /// Whether the conversation was found interrupted and nobody had written it down.
    public var hasRecordedInterruption = false
    /// Whether the counters of the conversation's own row were wrong.
    public var hasRecounted = false

    /// Whether there was nothing to do.
    public var isNothing: Bool {
        quarantined == 0 && recorded.isEmpty && !hasRecordedInterruption && !hasRecounted
    }
}

extension ConversationStore {
    /// Writes down what is damaged or missing: copies damaged entries to the quarantine, adds a record for each damage and
    /// each gap, records an interruption, and mends the counters of the conversation's own row.
    ///
    /// Nothing that is in the log is changed or removed. A second repair finds nothing to do.
    ///
    /// - Parameter session: The id of the conversation.
    /// - Returns: What was done.
    /// - Throws: ``SessionError/running(session:)`` when a turn is under way, ``SessionError/notFound(session:)``;
    ///   `StorageError`.
    @discardableResult
    public func repair(session: String) async throws -> RepairReport {
        try Self.checkID(session)
        return try await write { try $0.repair(session) }
    }
}

/// The words of repairs that are about damage.
enum DamageKind {
    static let entry = "entryDamaged"
    static let gap = "entriesMissing"
}

extension LogTransaction {
    func repair(_ session: String) throws -> RepairReport {
        guard var row = try lock(session) else { throw SessionError.notFound(session: session) }
        let reason = try row.status == SessionSchema.Status.open ? interruption(of: row) : nil
        if row.status == SessionSchema.Status.open, reason == nil { throw SessionError.running(session: session) }
        let scan = try load(row)
        var report = RepairReport(load: scan.conversation.report)
        // The counters come first, so that what is added finds a free place.
        if row.lastSequence < scan.last { row.lastSequence = scan.last }
        if row.messages != scan.messages || row.bytes != scan.bytes || !row.damaged.isEmpty
            || scan.last > scan.conversation.summary.lastSequence
        {
            report.hasRecounted = true
            row.messages = scan.messages
            row.bytes = scan.bytes
            row.damaged = []
        }
        for entry in scan.damaged where try quarantine(entry, of: row) { report.quarantined += 1 }
        var records = scan.damaged.map { (DamageKind.entry, "\($0.seq.map(String.init) ?? "?"): \($0.reason)") }
        records += scan.conversation.report.gaps.map { (DamageKind.gap, "\($0.lowerBound) to \($0.upperBound)") }
        let known = Set(scan.conversation.report.repairs)
        records.removeAll { known.contains("\($0.0): \($0.1)") }
        let drafts = try records.map { kind, detail in
            try EntryDraft(id: environment.identifiers(), .repair(kind: kind, detail: detail), limits: limits)
        }
        _ = try append(drafts, to: &row)
        report.recorded = records.map { "\($0.0): \($0.1)" }
        if let reason {
            try recordInterruption(of: &row, reason: reason)
            report.hasRecordedInterruption = true
        }
        guard !report.isNothing else { return report }
        try save(row)
        report.load = try load(row).conversation.report
        return report
    }

    /// Keeps a copy of a damaged entry; false when there is one already, or no place to name it by.
    private func quarantine(_ entry: DamagedEntry, of row: SessionRow) throws -> Bool {
        guard let seq = entry.seq else { return false }
        return try sql.execute(
            """
            INSERT INTO sage_quarantine (session, seq, session_id, id, kind, payload, checksum, reason, found)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (session, seq) DO NOTHING
            """,
            [
                .integer(row.number), .integer(seq), .text(row.id), .optional(entry.id), .optional(entry.kind),
                .optional(entry.payload), .optional(entry.checksum), .text(entry.reason), .integer(now),
            ]) > 0
    }
}
