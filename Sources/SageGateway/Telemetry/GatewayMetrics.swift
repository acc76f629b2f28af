import CoreMetrics
import SageOTLP
import SagePrometheus
import SageResilience
import SageStorage
import SageTelemetry
import Synchronization

/// All metrics of a server, which `GET /metrics` shows.
///
/// What a request writes to is found beforehand: by route when the server is made, by target when the target is. Labels
/// are names of the configuration and words of this program, never what a client or a provider has sent.
final class GatewayMetrics: Sendable {
    /// The label in place of names that clients choose.
    static let unknown = "unknown"

    let backend: PrometheusMetrics
    /// Counts the events of policies.
    let listener: any ResilienceListener
    private let labels: TargetLabels
    private let models: [String]
    private let sampler: MetricsSampler
    private let targets = Mutex<[String: TargetMetrics]>([:])
    private let overheadTimer: any TimerHandler
    private let streamEnds: LazyTable<any CounterHandler>
    private let inFlight: any MeterHandler

    /// Makes the metrics of a server.
    ///
    /// - Parameters:
    ///   - models: The names that clients can ask for.
    ///   - targets: The targets of the configuration, as `provider/model`.
    ///   - providers: The names of the providers.
    init(models: [String], targets: [String], providers: [String]) throws {
        let backend = try PrometheusMetrics(MetricDescriptions.configuration())
        let policies = try MetricsConfiguration(maxNames: 1_000)
        self.backend = backend
        self.models = models
        labels = TargetLabels(configured: targets, providers: providers)
        listener = PolicyMetricsListener(backend, policies, labels: labels)
        sampler = MetricsSampler(nil, factory: backend, configuration: policies)
        overheadTimer = backend.makeTimer(label: "sage_overhead_seconds", dimensions: [])
        inFlight = backend.makeMeter(label: "sage_requests_in_flight", dimensions: [])
        inFlight.set(Int64(0))
        streamEnds = LazyTable(count: StreamEnd.allCases.count) { index in
            backend.makeCounter(
                label: "sage_stream_terminations_total", dimensions: [("reason", StreamEnd.allCases[index].label)])
        }
        backend.setInfo("sage_build_info", ["version": SageVersion.current])
        backend.onScrape("policies") { [sampler] in sampler.sample() }
        backend.onScrape("process") { [process = ProcessMetrics(backend)] in process.sample() }
    }

    /// The metrics of a route's requests.
    ///
    /// - Parameter template: The path, with names in braces for what varies in it.
    func route(_ template: String) -> RouteMetrics {
        RouteMetrics(backend, route: template, models: models)
    }

    /// The metrics of a target; those that clients choose share one for each provider.
    func target(provider: String, model: String) -> TargetMetrics {
        let label = labels.label(provider: provider, model: model)
        return targets.withLock { targets in
            if let known = targets[label] { return known }
            let made = TargetMetrics(backend, label: label)
            targets[label] = made
            return made
        }
    }

    /// Shows the states of a circuit breaker, for as long as it lives, if it belongs to the configuration.
    func watch(_ breaker: CircuitBreaker) {
        if labels.label(breaker.name) == breaker.name { sampler.watch(breaker) }
    }

    /// Shows the states of a store's circuit breakers, for as long as they live.
    func watch(_ store: any GuardedStore) {
        for breaker in store.breakers { sampler.watch(breaker) }
    }

    /// Shows the states of limits, for as long as they live.
    func watch(_ limits: LimitSet) {
        if let bulkhead = limits.concurrency { sampler.watch(bulkhead) }
        if let limiter = limits.requests { sampler.watch(limiter) }
        if let limiter = limits.tokens { sampler.watch(limiter) }
    }

    /// Shows how many calls to each target are running.
    ///
    /// - Parameter counts: The targets of the configuration by name.
    func watch(inFlight counts: [(name: String, count: @Sendable () -> Int)]) {
        let gauges = counts.map { name, count in
            (backend.makeMeter(label: "sage_upstream_in_flight", dimensions: [("target", name)]), count)
        }
        backend.onScrape("in flight") { for (gauge, count) in gauges { gauge.set(Int64(count())) } }
    }

    /// Shows how many spans wait for the collector.
    func watch(_ exporter: OTLPExporter) {
        let gauge = backend.makeMeter(label: "sage_otlp_queued", dimensions: [])
        backend.onScrape("spans") { [weak exporter] in gauge.set(Int64(exporter?.queued ?? 0)) }
    }

    /// Shows how the store of shared state is.
    func watch(_ sharedState: SharedState) {
        let store = [("store", sharedState.status.name)]
        let up = backend.makeMeter(label: "sage_store_up", dimensions: store)
        let lag = backend.makeMeter(label: "sage_store_lag_seconds", dimensions: store)
        backend.onScrape("shared state") { [weak sharedState] in
            guard let status = sharedState?.status else { return }
            up.set(Int64(status.isUp ? 1 : 0))
            if let seconds = status.lagSeconds { lag.set(seconds) }
        }
    }

    func requestBegan() { inFlight.increment(by: 1) }

    func requestEnded() { inFlight.decrement(by: 1) }

    /// The time that Sage itself has taken for a request.
    func overhead(nanoseconds: Int64) { overheadTimer.recordNanoseconds(nanoseconds) }

    func streamEnded(_ end: StreamEnd) { streamEnds[end.rawValue].increment(by: 1) }
}
