import Synchronization

/// Sends another copy of a call that takes long, and takes the answer that comes first.
///
/// ```swift
/// let hedge = Hedge("embeddings", try HedgeConfiguration(delay: .percentile(0.95), budget: budget))
/// let vector = try await hedge.execute { try await client.embed(text) }
/// ```
///
/// **Only for operations that are safe to run twice at the same time**: a copy is cancelled when another wins, but it
/// may have had its effect by then. Passing an operation to ``execute(isSafe:_:)`` says that it is safe; `isSafe: false`
/// and ``withoutCopies(_:)`` take that back for a call. With a service that charges for each call a hedge costs money.
/// No other policy hedges by itself.
///
/// The rules are gRPC's (proposal A6). The call itself, the primary, is copy 1. While there is no answer, another copy
/// is sent after each delay, up to ``HedgeConfiguration/maxHedges``, if the budget allows. A transient error sends the
/// next copy at once; a server's ``ServerHint`` delays the next copy to exactly that time, or forbids any. A permanent
/// error ends the call. An unknown error or a rejection only takes its copy out of the race. When all copies have
/// failed the primary's error is thrown: that is the call that was asked for.
///
/// A budget that refuses a copy fails nothing: the call goes on waiting for the copies it has, and sends no more. A budget
/// of tokens learns from each copy that ends, except from losers.
/// Losers are cancelled and awaited, so one that does not react to cancellation delays the result. A policy inside a
/// loser sees its caller's cancellation and ignores it. A hedge inside a copy other than the primary sends none itself.
///
/// Thread-safe. The copies run in child tasks, hence the `Sendable` requirements.
public final class Hedge: Sendable {
    /// The name that events carry.
    public let name: String
    /// When it sends copies, and how many.
    public let configuration: HedgeConfiguration

    let counters = Counters()
    let window: Mutex<LatencyWindow>
    let timeline: Timeline
    let emitter: EventEmitter?

    /// Creates a hedge that has seen no calls.
    ///
    /// - Parameters:
    ///   - name: The name that events carry.
    ///   - configuration: When it sends copies, and how many.
    ///   - clock: The clock that measures. Defaults to `ContinuousClock`.
    ///   - listener: Hears of copies that are sent, refused and come first. Defaults to nobody.
    public init(
        _ name: String, _ configuration: HedgeConfiguration,
        clock: any Clock<Duration> = ContinuousClock(), listener: (any ResilienceListener)? = nil
    ) {
        self.name = name
        self.configuration = configuration
        self.timeline = Timeline(clock)
        self.emitter = EventEmitter.make(PolicyIdentity(.hedge, name), listener)
        if case .percentile(_, let capacity, _, _) = configuration.delay {
            self.window = Mutex(LatencyWindow(capacity: capacity))
        } else {
            self.window = Mutex(LatencyWindow(capacity: 1))
        }
    }

    /// Runs an operation, and copies of it while there is no answer.
    ///
    /// When the caller's task is cancelled all copies are cancelled and awaited; what they throw or return then comes
    /// through.
    ///
    /// - Parameters:
    ///   - isSafe: Whether this call may run more than once at the same time. Defaults to true.
    ///   - operation: Runs in child tasks, several of them at the same time.
    /// - Returns: The result that came first.
    /// - Throws: The operation's own error: the permanent error of any copy, else the primary's when all have failed.
    ///   `CancellationError` when the task is cancelled while no copy is in flight.
    public func execute<Result: Sendable>(
        isSafe: Bool = true, _ operation: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        try await executeReportingCopy(isSafe: isSafe, operation).value
    }

    /// Runs an operation, and copies of it while there is no answer, and tells which copy came first.
    ///
    /// - Parameters:
    ///   - isSafe: Whether this call may run more than once at the same time. Defaults to true.
    ///   - operation: Runs in child tasks, several of them at the same time.
    /// - Returns: The result that came first, and whose it was.
    /// - Throws: As ``execute(isSafe:_:)``.
    public func executeReportingCopy<Result: Sendable>(
        isSafe: Bool = true, _ operation: @escaping @Sendable () async throws -> Result
    ) async throws -> HedgeResult<Result> {
        let copy = HedgeCopy.current
        guard isSafe, !copy.isAlone, copy.number == 1 else {
            return HedgeResult(value: try await operation(), copy: 1, started: 1)
        }
        counters.calls.add(1, ordering: .relaxed)
        counters.inFlight.add(1, ordering: .relaxed)
        defer { counters.inFlight.subtract(1, ordering: .relaxed) }
        let context = CallContext.current
        let budget = configuration.budget ?? context.retryBudget
        // Whoever put a budget into the context counts the call there.
        let counted = budget === context.retryBudget ? nil : budget
        counted?.beginCall()
        defer { counted?.endCall() }
        return try await race(operation, budget: budget, deadline: context.deadline)
    }

    /// The time after which a copy is sent; nil for none.
    func delayNanoseconds() -> Int64? {
        switch configuration.delay {
        case .fixed(let duration):
            return duration.saturatingNanoseconds
        case .percentile(let share, _, let minimumSamples, let atLeast):
            let percentile = window.withLock { $0.count < minimumSamples ? nil : $0.percentile(share) }
            return percentile.map { max($0, atLeast.saturatingNanoseconds) }
        }
    }

    /// Learns the duration of a call.
    func record(_ nanoseconds: Int64) {
        guard case .percentile = configuration.delay else { return }
        window.withLock { $0.record(nanoseconds) }
    }
}
