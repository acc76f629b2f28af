public import Metrics
public import SageResilience

/// Counts the events of policies in swift-metrics.
///
/// ```swift
/// MetricsSystem.bootstrap(metricsFactory)
/// let breaker = CircuitBreaker("openai", .llm, listener: MetricsListener())
/// ```
///
/// <doc:MetricsGuide> lists all metrics with their labels. States and loads, which no event tells, are gauges of a
/// ``MetricsSampler``. Labels are bounded: names of policies and children beyond ``MetricsConfiguration/maxNames``
/// become `other`, everything else is one of a few words. Instruments are made once and kept. Thread-safe.
public final class MetricsListener: ResilienceListener {
    private let instruments: InstrumentCache
    private let classifier: ErrorClassifier

    /// The greatest number of an alternative that is told apart.
    private static let mostAlternatives = 9

    /// Creates a listener.
    ///
    /// - Parameters:
    ///   - factory: The metrics backend. Defaults to that of the task or of the process, which must be set up before.
    ///   - configuration: The bounds. Defaults to ``MetricsConfiguration/default``.
    public init(_ factory: (any MetricsFactory)? = nil, configuration: MetricsConfiguration = .default) {
        self.instruments = InstrumentCache(factory ?? MetricsSystem.factory, maxNames: configuration.maxNames)
        self.classifier = configuration.classifier
    }

    /// Counts an event.
    public func receive(_ event: ResilienceEvent) {
        let policy = event.policy
        switch event.kind {
        case .circuitBreakerTransition(let from, let to, _):
            count(.breakerTransitions, policy, from.rawValue, to.rawValue)
        case .circuitBreakerWouldOpen:
            count(.breakerWouldOpen, policy)
        case .circuitBreakerRejected:
            count(.breakerNotPermitted, policy)
        case .retryScheduled(_, _, let error):
            count(.retries, policy, ErrorSummary.errorClass(of: error, classifier))
        case .retrySucceeded(let attempts):
            record(.retryAttempts, policy, attempts)
        case .retryStopped(let attempts, let reason, _):
            count(.retryStops, policy, reason.rawValue)
            if reason == .attemptsExhausted { count(.retriesExhausted, policy) }
            record(.retryAttempts, policy, attempts)
        case .rateLimiterRejected:
            count(policy.kind == .adaptiveRateLimiter ? .adaptiveRateLimiterRejected : .rateLimiterRejected, policy)
        case .rateLimiterWaited(let wait, _):
            time(policy.kind == .adaptiveRateLimiter ? .adaptiveRateLimiterWait : .rateLimiterWait, policy, wait)
        case .bulkheadRejected(let reason, _):
            count(.bulkheadRejected, policy, reason.rawValue)
        case .bulkheadWaited(let wait, _):
            time(.bulkheadWait, policy, wait)
        case .adaptiveLimiterChanged(let from, let to):
            count(.adaptiveLimiterChanges, policy, to < from ? "down" : "up")
        case .adaptiveLimiterRejected:
            count(.adaptiveLimiterRejected, policy)
        case .adaptiveRateLimiterReduced:
            count(.adaptiveRateLimiterReduced, policy)
        case .clientThrottleRejected:
            count(.clientThrottleRejected, policy)
        case .timeLimitExceeded:
            count(.timeLimiterExceeded, policy)
        case .timeLimitAbandoned:
            // Without an event of its own for the limit that it exceeded.
            count(.timeLimiterExceeded, policy)
            count(.timeLimiterAbandoned, policy)
        case .timeLimiterRejected:
            count(.timeLimiterRejected, policy)
        case .hedgeSent:
            count(.hedgeSent, policy)
        case .hedgeRefused:
            count(.hedgeRefused, policy)
        case .hedgeWon:
            count(.hedgeWon, policy)
        case .fallbackUsed(let alternative, let error):
            let to = alternative <= Self.mostAlternatives ? "\(alternative)" : MetricsConfiguration.otherName
            count(.fallbacks, policy, to, ErrorSummary.errorClass(of: error, classifier))
        case .registryEvicted:
            count(.registryEvicted, policy)
        case .childStarted(let child, let restarts):
            if restarts > 0 { count(.supervisorRestarts, policy, child) }
        case .childEnded(let child, let error):
            if let error { count(.supervisorFailures, policy, child, ErrorSummary.errorClass(of: error, classifier)) }
        case .childRestartScheduled, .circuitBreakerRestored, .circuitBreakerAdvised:
            // The change of state that they lead to has an event of its own.
            break
        case .childUnresponsive(let child, _):
            count(.supervisorUnresponsive, policy, child)
        case .supervisorGaveUp(let child, let action):
            count(.supervisorGaveUp, policy, child, action)
        case .pipelineWarning:
            count(.pipelineWarnings, policy)
        }
    }

    private func count(
        _ metric: EventMetric, _ policy: PolicyIdentity, _ second: String = "", _ third: String = ""
    ) {
        let key = InstrumentCache.Key(metric: metric, name: policy.name, second: second, third: third)
        instruments.counter(key, of: policy.kind).increment()
    }

    private func record(_ metric: EventMetric, _ policy: PolicyIdentity, _ value: Int) {
        instruments.recorder(InstrumentCache.Key(metric: metric, name: policy.name), of: policy.kind).record(value)
    }

    private func time(_ metric: EventMetric, _ policy: PolicyIdentity, _ wait: Duration) {
        let key = InstrumentCache.Key(metric: metric, name: policy.name)
        instruments.timer(key, of: policy.kind).recordNanoseconds(wait.saturatingNanoseconds)
    }
}
