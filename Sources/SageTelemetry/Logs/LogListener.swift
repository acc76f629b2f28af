public import Logging
public import SageResilience
import Synchronization

/// Writes the events of policies to a swift-log `Logger`.
///
/// ```swift
/// let breaker = CircuitBreaker("openai", .llm, listener: LogListener(Logger(label: "resilience")))
/// ```
///
/// Each kind of event has one constant message; everything else is metadata, with keys and values of bounded length.
/// Of an error the log gets its class and the name of its type, never its text, which may hold a request or a key.
/// <doc:LogsGuide> lists the messages and the keys.
///
/// Of one kind of line a policy writes at most 10 in 10 s (``LogConfiguration/linesPerInterval``); the next one says
/// in `suppressed` how many were left out, and ``flush()`` tells the counts that no next line has told. 1,000 pairs of
/// policy and kind are told apart, beyond that policies share the limit of a kind.
///
/// An event below the logger's level costs a look at its kind and a comparison. Thread-safe.
public final class LogListener: ResilienceListener {
    private let logger: Logger
    private let configuration: LogConfiguration
    private let timeline: Timeline
    private let flood: Mutex<FloodGuard>

    /// Creates a listener.
    ///
    /// - Parameters:
    ///   - logger: Where the lines go; its level decides what is written.
    ///   - configuration: Levels and limits. Defaults to ``LogConfiguration/default``.
    ///   - clock: Measures the intervals of the limit. Defaults to `ContinuousClock`.
    public init(
        _ logger: Logger, configuration: LogConfiguration = .default, clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.logger = logger
        self.configuration = configuration
        self.timeline = Timeline(clock)
        self.flood = Mutex(
            FloodGuard(
                limit: configuration.linesPerInterval, interval: configuration.interval.saturatingNanoseconds))
    }

    /// Writes an event, unless the logger's level or the limit is against it.
    public func receive(_ event: ResilienceEvent) {
        let line = LogLine(event.kind)
        guard let level = configuration.levels[line], level >= logger.logLevel else { return }
        let now = timeline.now
        guard case .write(let suppressed) = flood.withLock({ $0.admit(event.policy, line, now: now) }) else { return }
        var metadata = event.metadata(configuration.classifier)
        if suppressed > 0 { metadata["suppressed"] = .stringConvertible(suppressed) }
        logger.log(level: level, line.message, metadata: metadata)
    }

    /// Writes how many lines were left out in intervals that are over, where no later line has told it.
    ///
    /// ``ResilienceTelemetry/run()`` calls it regularly. One line for each policy and kind; `event` is the message of
    /// the lines that were left out.
    public func flush() {
        let now = timeline.now
        let overdue = flood.withLock { $0.takeOverdue(now: now) }
        // In an order that does not depend on hashing.
        for (key, suppressed) in overdue.sorted(by: { $0.key.order < $1.key.order }) {
            guard let level = configuration.levels[key.line], level >= logger.logLevel else { continue }
            var metadata: Logger.Metadata = [
                "event": .string(key.line.rawValue), "suppressed": .stringConvertible(suppressed),
            ]
            if let policy = key.policy { metadata.merge(policy.metadata) { $1 } }
            logger.log(level: level, "similar events were not logged", metadata: metadata)
        }
    }
}

extension FloodGuard.Key {
    fileprivate var order: (String, String, String) {
        (policy?.kind.rawValue ?? "", policy?.name ?? "", line.rawValue)
    }
}
