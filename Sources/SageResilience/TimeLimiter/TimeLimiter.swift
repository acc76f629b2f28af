/// Ends an operation that takes too long.
///
/// The limit is *structured*: when it fires the operation is cancelled, and the limiter waits for it to end before
/// it throws. An operation that does not react to cancellation therefore returns late, but nothing of it goes on
/// behind the caller's back. Of a result and a limit that arrive together the one that came first decides, once.
///
/// A value type, safe to share between tasks. The operation runs in a child task, hence the `Sendable` requirements.
public struct TimeLimiter: Sendable {
    /// The name that errors and events carry.
    public let name: String
    /// The time an operation may take.
    public let limit: Duration

    private let timeline: Timeline
    private let emitter: EventEmitter?

    /// Creates a time limiter.
    ///
    /// - Parameters:
    ///   - limit: The time an operation may take, more than 0.
    ///   - name: The name that errors and events carry.
    ///   - clock: The clock that measures. Defaults to `ContinuousClock`.
    ///   - listener: Receives the limiter's events. Defaults to nobody.
    /// - Throws: ``ConfigurationError`` for a limit of zero or less.
    public init(
        _ limit: Duration,
        name: String = "time-limiter",
        clock: any Clock<Duration> = ContinuousClock(),
        listener: (any ResilienceListener)? = nil
    ) throws(ConfigurationError) {
        try Validation.positive("limit", limit)
        self.name = name
        self.limit = limit
        self.timeline = Timeline(clock)
        self.emitter = EventEmitter.make(PolicyIdentity(.timeLimiter, name), listener)
    }

    /// Runs an operation for at most the limit.
    ///
    /// - Throws: The operation's own error, or ``TimeLimiterError`` when the limit came first. When the caller's task
    ///   is cancelled the operation is cancelled with it and its own error comes through.
    public func execute<Result: Sendable>(
        _ operation: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let race = TimeLimitRace()
        let deadline = timeline.now.advanced(by: limit.saturatingNanoseconds)
        return try await withThrowingTaskGroup(of: Finish<Result>.self) { group in
            group.addTask {
                // The claim is made by the child that finished, not by whoever reads the group later: the order of
                // arrival decides.
                do {
                    let result = try await TimeLimitRace.$current.withValue(race) { try await operation() }
                    return race.claim(for: .operation) ? .result(.success(result)) : .lost
                } catch {
                    return race.claim(for: .operation) ? .result(.failure(error)) : .lost
                }
            }
            group.addTask {
                // A cancelled wait means that the operation has ended or the caller was cancelled: no verdict.
                guard (try? await timeline.sleep(until: deadline)) != nil else { return .lost }
                return race.claim(for: .limit) ? .limit : .lost
            }
            defer { group.cancelAll() }
            while let finish = try await group.next() {
                switch finish {
                case .result(let result):
                    return try result.get()
                case .limit:
                    group.cancelAll()
                    try await group.waitForAll()
                    emitter?.emit(.timeLimitExceeded(limit))
                    throw TimeLimiterError(policyName: name, limit: limit)
                case .lost:
                    continue
                }
            }
            preconditionFailure("Internal inconsistency: neither the operation nor the limit claimed the race")
        }
    }
}

/// How one of the two child tasks ended.
private enum Finish<Value: Sendable>: Sendable {
    case result(Result<Value, any Error>)
    case limit
    case lost
}
