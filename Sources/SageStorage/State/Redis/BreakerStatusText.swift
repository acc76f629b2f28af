import SageResilience

/// A status as the text in which Redis keeps it: numbers, of which the scripts read the first three.
enum BreakerStatusText {
    static func encode(_ status: BreakerStatus) -> String {
        let numbers: [Int64] = [
            status.keep.wholeMicroseconds, status.epoch, status.sequence, status.isOwnJudgement ? 1 : 0,
            status.timeInState.wholeMicroseconds, status.remaining.wholeMicroseconds,
            Int64(status.failedRecoveries), Int64(status.calls), Int64(status.failures),
        ]
        return numbers.map(String.init).joined(separator: " ") + " " + status.state.rawValue
    }

    /// Reads what ``encode(_:)`` has written, with the moment of the report before it.
    static func decode(_ text: String, instance: String, breaker: String) -> BreakerReport? {
        let words = text.split(separator: " ")
        guard words.count == 11, let state = CircuitBreaker.State(rawValue: String(words[10])) else { return nil }
        let numbers = words.prefix(10).compactMap { Int64($0) }
        guard numbers.count == 10 else { return nil }
        let status = BreakerStatus(
            breaker: breaker, epoch: numbers[2], sequence: numbers[3], state: state, isOwnJudgement: numbers[4] == 1,
            timeInState: .microseconds(numbers[5]), remaining: .microseconds(numbers[6]),
            failedRecoveries: Int(numbers[7]), calls: Int(numbers[8]), failures: Int(numbers[9]),
            keep: .microseconds(numbers[1]))
        return BreakerReport(
            instance: instance, status: status, published: StoreInstant(microseconds: numbers[0]))
    }
}
