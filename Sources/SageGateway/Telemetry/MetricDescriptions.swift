import SagePrometheus

/// What an operator reads from each metric, and how histograms are divided.
enum MetricDescriptions {
    /// Seconds until the first token, as other gateways divide them.
    private static let firstToken = [
        0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 15, 20, 30, 45, 60,
    ]

    /// Seconds of whole answers, as other gateways divide them.
    private static let answers = [
        0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 420, 600,
    ]

    static func configuration() throws(PrometheusConfigurationError) -> PrometheusConfiguration {
        var configuration = PrometheusConfiguration()
        configuration.maxSeriesPerFamily = 10_000
        for (name, help) in help { configuration.setHelp(help, for: name) }
        let answers = try HistogramBuckets(answers)
        configuration.setBuckets(answers, for: "sage_request_duration_seconds")
        configuration.setBuckets(answers, for: "sage_upstream_duration_seconds")
        configuration.setBuckets(try HistogramBuckets(firstToken), for: "sage_time_to_first_token_seconds")
        configuration.setBuckets(.overheads, for: "sage_overhead_seconds")
        configuration.setBuckets(.counts, for: "sage_retry_attempts")
        return configuration
    }

    private static let help: KeyValuePairs<String, String> = [
        "sage_build_info": "The version that runs; always 1.",
        "sage_requests_total":
            "Requests of clients that are over. The share of outcome=provider_error is what clients see of failing "
            + "providers; client_error and policy_rejected are not the providers' doing.",
        "sage_requests_in_flight": "Requests of clients that are being answered now, streams included.",
        "sage_request_duration_seconds":
            "How long clients waited for whole answers, retries, fallbacks and the end of streams included.",
        "sage_upstream_requests_total":
            "Calls to providers that are over. Compare kind=retry and kind=fallback with kind=first for what "
            + "failures cost; error_class says what they were.",
        "sage_upstream_in_flight": "Calls to a provider that are running now, streams included.",
        "sage_upstream_duration_seconds":
            "How long calls to providers took, up to the end of the answer; the provider's own speed.",
        "sage_overhead_seconds":
            "The time that Sage itself added to a request, without providers and without waiting between attempts.",
        "sage_time_to_first_token_seconds":
            "How long a streaming call took until its first token; what users feel as the speed of a chat.",
        "sage_stream_terminations_total":
            "Streams by the reason for their end. Anything but complete and client_gone was an answer cut short.",
        "sage_tokens_total":
            "Tokens by the providers' own counts; cache_read and cache_write are part of input, reasoning of output.",
        "sage_retries_total": "Calls repeated on the same target, by the class of the error before.",
        "sage_retries_exhausted_total":
            "Requests for a model that failed after as many attempts as allowed; any lasting rate is an outage.",
        "sage_retry_attempts":
            "How many attempts a request for a model took that needed more than one, or failed after all of them.",
        "sage_fallbacks_total":
            "Changes from one target to another within a request, by the class of the error before.",
        "sage_breaker_state":
            "0 closed, 1 half-open, 2 open, 3 forced open, 4 disabled, 5 metrics only; above 0 the target is not, or "
            + "hardly, called.",
        "sage_breaker_transitions_total":
            "Changes of a circuit breaker's state; many of them mean a target that flaps.",
        "sage_breaker_not_permitted_total": "Calls that an open circuit breaker has refused, which cost nothing.",
        "sage_breaker_failure_rate": "The share of failed calls in the window, once there are enough calls to judge.",
        "sage_breaker_slow_rate": "The share of slow calls in the window, once there are enough calls to judge.",
        "sage_breaker_failures_per_minute": "How many calls failed in the last minute.",
        "sage_breaker_retry_after_seconds": "How long an open circuit breaker still refuses calls.",
        "sage_breaker_queued": "Calls that wait for the verdict of a half-open circuit breaker.",
        "sage_breaker_would_open_total": "How often a circuit breaker that only measures would have opened.",
        "sage_rate_limiter_rejected_total": "Calls that had no place within a rate; raise the limit or ask for less.",
        "sage_rate_limiter_wait_seconds": "How long calls waited for their place within a rate.",
        "sage_rate_limiter_capacity": "How many permits a rate limiter has for each of its periods.",
        "sage_rate_limiter_available_permits": "How many permits a rate limiter has left; near 0 calls begin to wait.",
        "sage_rate_limiter_debt": "Permits used beyond the limit, which later calls wait for.",
        "sage_rate_limiter_queued": "Calls that wait for their place within a rate.",
        "sage_rate_limiter_paused_seconds": "How long the provider still wants no calls.",
        "sage_bulkhead_rejected_total": "Calls beyond the limit of calls at once for which there was no place to wait.",
        "sage_bulkhead_wait_seconds": "How long calls waited for another one to end.",
        "sage_bulkhead_limit": "How many calls may run at once.",
        "sage_bulkhead_in_flight": "How many calls run now; at the limit others wait.",
        "sage_bulkhead_queued": "How many calls wait for another one to end.",
        "sage_otlp_spans_total":
            "Spans by what became of them: exported, dropped (Sage made them faster than they were sent), failed (the "
            + "collector was away) or rejected (the collector refused them).",
        "sage_otlp_queued": "Spans that wait to be sent to the collector.",
        "sage_sessions": "Conversations by what they are doing; interrupted ones wait to be resumed.",
        "sage_session_repairs_total":
            "What views of conversations show differently from their logs, so that providers take them.",
        "sage_memory_pending_embeddings": "Memories without a vector yet; they are found by their words alone.",
        "sage_store_up": "Whether a store can be used: 1 or 0.",
        "sage_store_lag_seconds":
            "How old the state of the other instances is that this one goes by; it grows while the store is away.",
        "process_resident_memory_bytes": "Resident memory size in bytes.",
        "process_virtual_memory_bytes": "Virtual memory size in bytes.",
        "process_open_fds": "Number of open file descriptors.",
        "process_max_fds": "Maximum number of open file descriptors.",
        "process_start_time_seconds": "Start time of the process since unix epoch in seconds.",
        "process_cpu_seconds_total": "Total user and system CPU time spent in seconds.",
    ]
}
