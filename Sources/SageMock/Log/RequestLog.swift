/// The last requests and how they ended.
///
/// A value without clock or lock. Bounded: beyond ``capacity`` the oldest records are dropped and counted.
struct RequestLog: Sendable {
    /// How many records are kept.
    static let capacity = 1_000

    /// Requests since the start or the last reset.
    private(set) var received = 0
    /// Those of them that ended.
    private(set) var ended = 0
    private var records: [RequestRecord] = []
    /// The records in front of this index were dropped; they are removed in bulk, so that dropping costs O(1).
    private var first = 0

    /// The kept records, oldest first.
    var kept: ArraySlice<RequestRecord> { records[first...] }

    /// How many records were dropped.
    var dropped: Int { received - kept.count }

    /// The number that the next request gets.
    var nextSequence: Int { received + 1 }

    mutating func append(_ record: RequestRecord) {
        received += 1
        records.append(record)
        if kept.count > Self.capacity { first += 1 }
        if first >= Self.capacity {
            records.removeFirst(first)
            first = 0
        }
    }

    /// Changes a record; does nothing when it was dropped.
    mutating func update(_ sequence: Int, _ change: (inout RequestRecord) -> Void) {
        let index = sequence - dropped - 1 + first
        guard index >= first, index < records.endIndex else { return }
        change(&records[index])
    }

    /// Notes the end of a request and returns its record; nil when it was dropped.
    mutating func end(_ sequence: Int, outcome: RequestOutcome, at time: Duration) -> RequestRecord? {
        ended += 1
        var ended: RequestRecord?
        update(sequence) { record in
            record.outcome = outcome
            record.duration = time - record.arrival
            ended = record
        }
        return ended
    }
}

/// What a client of `GET /_mock/requests` waits for.
struct LogCondition: Sendable, Hashable {
    /// So many requests have arrived.
    var received = 0
    /// So many requests have ended.
    var ended = 0

    func holds(for log: RequestLog) -> Bool {
        log.received >= received && log.ended >= ended
    }
}
