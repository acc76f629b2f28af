/// Ends a stream that begins too late, pauses too long or goes on for too long.
///
/// ```swift
/// let limits = try StreamLimits(firstElement: .seconds(20), betweenElements: .seconds(10), total: .seconds(300))
/// for try await chunk in limits.apply(to: client.stream(request)) { print(chunk) }
/// ```
///
/// The stream then ends with a ``TimeLimiterError`` whose ``TimeLimiterError/kind`` says which limit it was; the
/// pending request for an element is cancelled, awaited, and the upstream iterator dropped. An element that arrived
/// wins over a limit that fires at the same time.
///
/// The limits for elements count only while the consumer waits for one: a slow consumer is not the upstream's fault.
/// The total counts from the start of the iteration. ``CallContext/deadline`` is enforced as by a ``TimeLimiter``. A
/// consumer that walks away drops the upstream iterator, and nothing is recorded.
///
/// A value type, safe to share between tasks and streams. Each element costs two child tasks; between elements nothing
/// runs.
public struct StreamLimits: Sendable {
    /// The name that errors and events carry.
    public let name: String
    /// The longest wait for the first element; nil is unlimited.
    public let firstElement: Duration?
    /// The longest wait for each further element, and for the end; nil is unlimited.
    public let betweenElements: Duration?
    /// The longest time for the whole stream; nil is unlimited.
    public let total: Duration?

    let timeline: Timeline
    private let emitter: EventEmitter?

    /// Creates limits for streams.
    ///
    /// - Parameters:
    ///   - name: The name that errors and events carry.
    ///   - firstElement: The longest wait for the first element, more than 0. Defaults to no limit.
    ///   - betweenElements: The longest wait for each further element and for the end, more than 0. Defaults to no
    ///     limit.
    ///   - total: The longest time for the whole stream, more than 0. Defaults to no limit.
    ///   - clock: The clock that measures. Defaults to `ContinuousClock`.
    ///   - listener: Receives ``ResilienceEvent/Kind/timeLimitExceeded(_:)``. Defaults to nobody.
    /// - Throws: ``ConfigurationError`` for a limit of zero or less.
    public init(
        _ name: String = "stream-limits",
        firstElement: Duration? = nil, betweenElements: Duration? = nil, total: Duration? = nil,
        clock: any Clock<Duration> = ContinuousClock(),
        listener: (any ResilienceListener)? = nil
    ) throws(ConfigurationError) {
        if let firstElement { try Validation.positive("firstElement", firstElement) }
        if let betweenElements { try Validation.positive("betweenElements", betweenElements) }
        if let total { try Validation.positive("total", total) }
        self.name = name
        self.firstElement = firstElement
        self.betweenElements = betweenElements
        self.total = total
        self.timeline = Timeline(clock)
        self.emitter = EventEmitter.make(PolicyIdentity(.timeLimiter, name), listener)
    }

    /// A stream of the same elements under these limits.
    ///
    /// - Parameter upstream: The stream to limit.
    public func apply<Upstream: AsyncSequence & Sendable>(to upstream: Upstream) -> LimitedAsyncSequence<Upstream>
    where Upstream.Element: Sendable {
        LimitedAsyncSequence(upstream: upstream, limits: self)
    }

    /// The limit that holds for a wait that begins now; nil for none.
    ///
    /// - Parameters:
    ///   - isFirst: Whether the wait is for the first element.
    ///   - start: When the iteration began.
    ///   - now: The present.
    func nearest(isFirst: Bool, start: Moment, now: Moment) -> (moment: Moment, limit: Duration, TimeLimiterError.Kind)?
    {
        let wait = isFirst ? firstElement : betweenElements
        let waitMoment = wait.map { now.advanced(by: $0.saturatingNanoseconds) } ?? .distantFuture
        let totalMoment = total.map { start.advanced(by: $0.saturatingNanoseconds) } ?? .distantFuture
        if let total, totalMoment <= waitMoment { return (totalMoment, total, .total) }
        return wait.map { (waitMoment, $0, isFirst ? .firstElement : .betweenElements) }
    }

    /// The error of a limit that fired.
    func exceeded(_ limit: Duration, _ kind: TimeLimiterError.Kind) -> TimeLimiterError {
        emitter?.emit(.timeLimitExceeded(limit))
        return TimeLimiterError(policyName: name, limit: limit, kind: kind)
    }
}
