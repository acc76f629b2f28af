/// Reads what a script returns, one value after the other.
struct RedisAnswer {
    private var values: ArraySlice<RedisValue>
    private let errors: RedisErrors

    init(_ value: RedisValue, _ errors: RedisErrors) {
        self.values = (value.array ?? [value])[...]
        self.errors = errors
    }

    private var unexpected: StorageError {
        StorageError(.corrupt, store: errors.store, "a script returned something unexpected")
    }

    private mutating func next() throws(StorageError) -> RedisValue {
        guard let value = values.popFirst() else { throw unexpected }
        return value
    }

    mutating func integer() throws(StorageError) -> Int64 {
        guard let number = try next().integer else { throw unexpected }
        return number
    }

    mutating func text() throws(StorageError) -> String {
        guard let text = try next().text else { throw unexpected }
        return text
    }

    private mutating func instant() throws(StorageError) -> StoreInstant? {
        let value = try next()
        if value.isNull { return nil }
        guard let number = value.integer else { throw unexpected }
        return StoreInstant(microseconds: number)
    }

    private mutating func nested() throws(StorageError) -> [RedisValue] {
        guard let values = try next().array else { throw unexpected }
        return values
    }

    /// A verdict; nil where there is none.
    mutating func verdict() throws(StorageError) -> ProbeRound.Verdict? {
        switch try integer() {
        case 0: .undecided
        case 1: .recovered
        case 2: .failed
        default: nil
        }
    }

    mutating func view() throws(StorageError) -> SharedView {
        let now = StoreInstant(microseconds: try integer())
        var reports: [BreakerReport] = []
        var pairs = try nested()[...]
        while let field = pairs.popFirst(), let text = pairs.popFirst() {
            // What somebody else has written there is no report.
            guard let parts = RedisStateKeys.parts(of: field.bytes ?? []),
                let report = BreakerStatusText.decode(
                    text.text ?? "", instance: parts.instance, breaker: parts.breaker)
            else { continue }
            reports.append(report)
        }
        var rounds: [(round: ProbeRound, keptUntil: Int64)] = []
        for value in try nested() {
            var answer = RedisAnswer(value, errors)
            rounds.append(try answer.round())
        }
        // Those that are kept longest.
        reports.sort { $0.expires > $1.expires }
        rounds.sort { $0.keptUntil > $1.keptUntil }
        return SharedView(
            now: now, reports: Array(reports.prefix(StateLimits.mostReports)),
            rounds: rounds.prefix(StateLimits.mostReports).map(\.round))
    }

    private mutating func round() throws(StorageError) -> (ProbeRound, keptUntil: Int64) {
        let breaker = String(decoding: try next().bytes ?? [], as: UTF8.self)
        let keptUntil = try integer()
        var round = ProbeRound(
            breaker: breaker, number: try integer(), verdict: try verdict() ?? .undecided, decidedAt: try instant(),
            successes: Int(try integer()), failures: Int(try integer()), leased: Int(try integer()),
            refusedAt: try instant(), blockedUntil: try instant())
        round.recoveredAt = try instant()
        return (round, keptUntil)
    }
}
