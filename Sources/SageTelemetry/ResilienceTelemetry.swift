public import Logging
public import Metrics
public import SageResilience

/// Logs and metrics of all policies of a program, set up in one line.
///
/// ```swift
/// LoggingSystem.bootstrap(makeLogHandler)
/// MetricsSystem.bootstrap(metricsFactory)
/// let telemetry = try ResilienceTelemetry.install()
/// try await telemetry.run()      // beside the server: samples gauges until it is cancelled
/// ```
///
/// From then on the policies of `ResilienceRegistry.shared`, those of decorators among them, log and count what they
/// do. A policy that is made by hand gets ``listener``, and is watched by the ``sampler`` if it has gauges:
///
/// ```swift
/// let breaker = CircuitBreaker("openai", .llm, listener: telemetry.listener)
/// telemetry.sampler.watch(breaker)
/// ```
///
/// Traces need no set-up: a pipeline's `execute` and `stream` make spans when they are given a name
/// (<doc:TracesGuide>). A value type, safe to share.
public struct ResilienceTelemetry: Sendable {
    /// The registry whose policies log and count; it is given to ``listener`` and ``sampler``.
    public let registry: ResilienceRegistry
    /// Logs and counts the events of a policy that is given it.
    public let listener: any ResilienceListener
    /// Sets the gauges.
    public let sampler: MetricsSampler
    private let logs: LogListener

    /// Creates a registry whose policies log and count.
    ///
    /// - Parameters:
    ///   - logger: Where the log goes. Defaults to a logger of the process with the label `sage`.
    ///   - factory: Where the metrics go. Defaults to the backend of the task or of the process, which must be set up
    ///     before.
    ///   - logs: Levels and limits of the log. Defaults to ``LogConfiguration/default``.
    ///   - metrics: Bounds and interval of the metrics. Defaults to ``MetricsConfiguration/default``.
    ///   - capacity: The most policies of each kind in the registry, 1 or more. Defaults to 1,000.
    ///   - clock: The clock of the registry's policies, the log's limits and the sampler. Defaults to
    ///     `ContinuousClock`.
    ///   - listener: Receives the same events. Defaults to nobody.
    /// - Throws: `ConfigurationError` when the capacity is out of range.
    public init(
        logger: Logger = Logger(label: "sage"), factory: (any MetricsFactory)? = nil,
        logs: LogConfiguration = .default, metrics: MetricsConfiguration = .default, capacity: Int = 1_000,
        clock: any Clock<Duration> = ContinuousClock(), listener: (any ResilienceListener)? = nil
    ) throws(ConfigurationError) {
        let factory = factory ?? MetricsSystem.factory
        let logListener = LogListener(logger, configuration: logs, clock: clock)
        let metricsListener = MetricsListener(factory, configuration: metrics)
        self.listener = ListenerGroup([logListener, metricsListener] + (listener.map { [$0] } ?? []))
        self.logs = logListener
        self.registry = try ResilienceRegistry(capacity: capacity, clock: clock, listener: self.listener)
        self.sampler = MetricsSampler(registry, factory: factory, configuration: metrics, clock: clock)
    }

    /// Creates a registry whose policies log and count, and makes it `ResilienceRegistry.shared`.
    ///
    /// Once, at the start of the program, after logging and metrics were set up.
    ///
    /// - Parameters:
    ///   - logger: Where the log goes. Defaults to a logger of the process with the label `sage`.
    ///   - factory: Where the metrics go. Defaults to the backend of the process.
    ///   - logs: Levels and limits of the log. Defaults to ``LogConfiguration/default``.
    ///   - metrics: Bounds and interval of the metrics. Defaults to ``MetricsConfiguration/default``.
    ///   - capacity: The most policies of each kind in the registry, 1 or more. Defaults to 1,000.
    ///   - listener: Receives the same events. Defaults to nobody.
    /// - Returns: The parts, for policies that are made by hand and for ``run()``.
    /// - Throws: `RegistryError` when the shared registry is in use already; `ConfigurationError` when the capacity is
    ///   out of range.
    @discardableResult
    public static func install(
        logger: Logger = Logger(label: "sage"), factory: (any MetricsFactory)? = nil,
        logs: LogConfiguration = .default, metrics: MetricsConfiguration = .default, capacity: Int = 1_000,
        listener: (any ResilienceListener)? = nil
    ) throws -> ResilienceTelemetry {
        let telemetry = try ResilienceTelemetry(
            logger: logger, factory: factory, logs: logs, metrics: metrics, capacity: capacity, listener: listener)
        try ResilienceRegistry.install(telemetry.registry)
        return telemetry
    }

    /// Samples the gauges, and logs how many lines were suppressed, at each interval until the task is cancelled.
    ///
    /// It has the form of a service of swift-service-lifecycle. A program that never calls it has no gauges.
    ///
    /// - Throws: What the clock throws; not `CancellationError` of its own task.
    public func run() async throws {
        defer { logs.flush() }
        try await sampler.run(alongside: logs.flush)
    }
}
