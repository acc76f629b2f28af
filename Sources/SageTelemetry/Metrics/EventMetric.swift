/// The metrics that events change, with the names of their labels.
enum EventMetric: Sendable, Hashable, CaseIterable {
    case breakerTransitions
    case breakerNotPermitted
    case breakerWouldOpen
    case retries
    case retryStops
    case retriesExhausted
    case retryAttempts
    case rateLimiterRejected
    case rateLimiterWait
    case adaptiveRateLimiterRejected
    case adaptiveRateLimiterWait
    case adaptiveRateLimiterReduced
    case bulkheadRejected
    case bulkheadWait
    case adaptiveLimiterRejected
    case adaptiveLimiterChanges
    case clientThrottleRejected
    case timeLimiterExceeded
    case timeLimiterAbandoned
    case timeLimiterRejected
    case hedgeSent
    case hedgeRefused
    case hedgeWon
    case fallbacks
    case registryEvicted
    case supervisorRestarts
    case supervisorFailures
    case supervisorUnresponsive
    case supervisorGaveUp
    case pipelineWarnings

    var label: String {
        switch self {
        case .breakerTransitions: "sage_breaker_transitions_total"
        case .breakerNotPermitted: "sage_breaker_not_permitted_total"
        case .breakerWouldOpen: "sage_breaker_would_open_total"
        case .retries: "sage_retries_total"
        case .retryStops: "sage_retry_stops_total"
        case .retriesExhausted: "sage_retries_exhausted_total"
        case .retryAttempts: "sage_retry_attempts"
        case .rateLimiterRejected: "sage_rate_limiter_rejected_total"
        case .rateLimiterWait: "sage_rate_limiter_wait_seconds"
        case .adaptiveRateLimiterRejected: "sage_adaptive_rate_limiter_rejected_total"
        case .adaptiveRateLimiterWait: "sage_adaptive_rate_limiter_wait_seconds"
        case .adaptiveRateLimiterReduced: "sage_adaptive_rate_limiter_reduced_total"
        case .bulkheadRejected: "sage_bulkhead_rejected_total"
        case .bulkheadWait: "sage_bulkhead_wait_seconds"
        case .adaptiveLimiterRejected: "sage_adaptive_limiter_rejected_total"
        case .adaptiveLimiterChanges: "sage_adaptive_limiter_changes_total"
        case .clientThrottleRejected: "sage_client_throttle_rejected_total"
        case .timeLimiterExceeded: "sage_time_limiter_exceeded_total"
        case .timeLimiterAbandoned: "sage_time_limiter_abandoned_total"
        case .timeLimiterRejected: "sage_time_limiter_rejected_total"
        case .hedgeSent: "sage_hedge_sent_total"
        case .hedgeRefused: "sage_hedge_refused_total"
        case .hedgeWon: "sage_hedge_won_total"
        case .fallbacks: "sage_fallbacks_total"
        case .registryEvicted: "sage_registry_evicted_total"
        case .supervisorRestarts: "sage_supervisor_restarts_total"
        case .supervisorFailures: "sage_supervisor_failures_total"
        case .supervisorUnresponsive: "sage_supervisor_unresponsive_total"
        case .supervisorGaveUp: "sage_supervisor_gave_up_total"
        case .pipelineWarnings: "sage_pipeline_warnings_total"
        }
    }

    /// The label that names the policy.
    private var nameLabel: String {
        switch self {
        case .fallbacks: "from"
        case .supervisorRestarts, .supervisorFailures, .supervisorUnresponsive, .supervisorGaveUp: "supervisor"
        default: "name"
        }
    }

    /// The labels beside the policy's name; their values come from small fixed sets, but for a child's name.
    private var otherLabels: [String] {
        switch self {
        case .breakerTransitions: ["from", "to"]
        case .retries, .retryStops: ["reason"]
        case .adaptiveLimiterChanges: ["direction"]
        case .bulkheadRejected: ["reason"]
        case .fallbacks: ["to", "reason"]
        case .supervisorRestarts, .supervisorUnresponsive: ["child"]
        case .supervisorFailures: ["child", "reason"]
        case .supervisorGaveUp: ["child", "action"]
        default: []
        }
    }

    /// The names of all labels, in the order of their values.
    var labelNames: [String] { [nameLabel] + otherLabels }

    /// Whether the second label is a name, too, and not one of a few words.
    var namesChild: Bool { otherLabels.first == "child" }
}
