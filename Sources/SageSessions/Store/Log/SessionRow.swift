import SageStorage

/// A conversation's own row.
struct SessionRow: Sendable, Hashable {
    var number: Int64
    var id: String
    var created: Int64
    var updated: Int64
    var status: Int64
    var epoch: Int64
    var lastSequence: Int64
    var messages: Int64
    var bytes: Int64
    var turn: String?
    var owner: String?
    var claim: String?
    /// The columns whose values could not be, which only damage explains, and that were taken from the entries instead.
    var damaged: [String] = []

    static let columns = "num, id, created, updated, status, epoch, last_seq, messages, bytes, turn, owner, claim"

    /// Nil when the row does not even say which conversation it is.
    ///
    /// - Parameters:
    ///   - row: The row as it was read.
    ///   - entries: What the entries say, for what is damaged; asked for at most once.
    init?(_ row: SQLRow, entries: () throws -> SessionRow) rethrows {
        guard let number = row[0].integer, let id = row[1].text else { return nil }
        var salvaged: SessionRow?
        var damaged: [String] = []
        func value(
            _ index: Int, _ name: String, _ range: ClosedRange<Int64>, _ entries: () throws -> SessionRow,
            _ path: KeyPath<SessionRow, Int64>
        ) rethrows -> Int64 {
            if let value = row[index].integer, range.contains(value) { return value }
            damaged.append(name)
            let found = try salvaged ?? entries()
            salvaged = found
            return found[keyPath: path]
        }
        let counts: ClosedRange<Int64> = 0...LogEntry.places.upperBound
        self.number = number
        self.id = id
        created = try value(2, "created", .min ... .max, entries, \.created)
        updated = try value(3, "updated", .min ... .max, entries, \.updated)
        status = try value(4, "status", 0...2, entries, \.status)
        epoch = try value(5, "epoch", LogEntry.epochs, entries, \.epoch)
        lastSequence = try value(6, "last_seq", counts, entries, \.lastSequence)
        messages = try value(7, "messages", counts, entries, \.messages)
        bytes = try value(8, "bytes", counts, entries, \.bytes)
        turn = row[9].text ?? (status == SessionSchema.Status.idle ? nil : salvaged?.turn)
        owner = row[10].text
        claim = row[11].text
        self.damaged = damaged
    }

    /// What the entries of a conversation say of it.
    init(number: Int64, id: String, created: Int64, updated: Int64, epoch: Int64, lastSequence: Int64) {
        self.number = number
        self.id = id
        self.created = created
        self.updated = updated
        status = SessionSchema.Status.idle
        self.epoch = epoch
        self.lastSequence = lastSequence
        messages = 0
        bytes = 0
    }

    func summary(_ state: SessionState) -> SessionSummary {
        SessionSummary(
            id: id, state: state, created: created, updated: updated, messageCount: Int(clamping: messages),
            bytes: bytes, lastSequence: lastSequence, epoch: epoch)
    }
}
