import SagePrometheus
import SageResilience
import SageTelemetry

/// Counts the events of policies, under names that are bounded.
struct PolicyMetricsListener: ResilienceListener {
    private let inner: MetricsListener
    private let labels: TargetLabels

    init(_ backend: PrometheusMetrics, _ configuration: MetricsConfiguration, labels: TargetLabels) {
        self.inner = MetricsListener(backend, configuration: configuration)
        self.labels = labels
    }

    func receive(_ event: ResilienceEvent) {
        // Only circuit breakers are made for names that clients choose; limits are those of the configuration.
        let label = event.policy.kind == .circuitBreaker ? labels.label(event.policy.name) : event.policy.name
        guard label != event.policy.name else { return inner.receive(event) }
        inner.receive(
            ResilienceEvent(
                policy: PolicyIdentity(event.policy.kind, label), sequence: event.sequence, kind: event.kind))
    }
}
