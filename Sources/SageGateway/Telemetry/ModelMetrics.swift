import CoreMetrics
import SagePrometheus
import Synchronization

/// What is counted of the requests for one model by one route.
final class ModelMetrics: Sendable {
    private let counters: LazyTable<any CounterHandler>
    private let attempts: LazyTable<any RecorderHandler>
    private let exhausted: LazyTable<any CounterHandler>

    init(_ backend: PrometheusMetrics, route: String, model: String) {
        let words = ErrorWord.allCases
        counters = LazyTable(count: RequestOutcome.allCases.count * words.count) { index in
            backend.makeCounter(
                label: "sage_requests_total",
                dimensions: [
                    ("route", route), ("model", model),
                    ("outcome", RequestOutcome.allCases[index / words.count].rawValue),
                    ("error_class", words[index % words.count].label),
                ])
        }
        attempts = LazyTable(count: 1) { _ in
            backend.makeRecorder(label: "sage_retry_attempts", dimensions: [("name", model)], aggregate: true)
        }
        exhausted = LazyTable(count: 1) { _ in
            backend.makeCounter(label: "sage_retries_exhausted_total", dimensions: [("name", model)])
        }
    }

    /// A request was over after more than one attempt, or without one that could be repeated.
    ///
    /// - Parameter isExhausted: Whether it failed because no attempt was left.
    func retried(attempts: Int, isExhausted: Bool) {
        self.attempts[0].record(Int64(attempts))
        if isExhausted { exhausted[0].increment(by: 1) }
    }

    func count(_ outcome: RequestOutcome, _ word: ErrorWord) {
        counters[outcome.index * ErrorWord.allCases.count + word.rawValue].increment(by: 1)
    }
}

extension RequestOutcome {
    /// The position among all cases.
    var index: Int {
        switch self {
        case .success: 0
        case .clientError: 1
        case .policyRejected: 2
        case .providerError: 3
        case .cancelled: 4
        }
    }
}

/// What is counted of the requests of one route; made when the server is.
final class RouteMetrics: Sendable {
    private let models: [String: ModelMetrics]
    private let unknown: ModelMetrics
    private let duration: any TimerHandler

    /// - Parameters:
    ///   - route: The template of the path.
    ///   - models: The names that are configured; all others are one.
    init(_ backend: PrometheusMetrics, route: String, models: some Sequence<String>) {
        self.models = models.reduce(into: [:]) { table, model in
            table[model] = ModelMetrics(backend, route: route, model: model)
        }
        unknown = ModelMetrics(backend, route: route, model: GatewayMetrics.unknown)
        duration = backend.makeTimer(label: "sage_request_duration_seconds", dimensions: [("route", route)])
    }

    /// A request is over.
    ///
    /// - Parameter model: What the client has asked for; empty when it did not come to that.
    func count(_ model: String, _ outcome: RequestOutcome, _ word: ErrorWord, nanoseconds: Int64) {
        (models[model] ?? unknown).count(outcome, word)
        duration.recordNanoseconds(nanoseconds)
    }

    /// A request that is over took more than one attempt, or had none left.
    func retried(_ model: String, attempts: Int, isExhausted: Bool) {
        (models[model] ?? unknown).retried(attempts: attempts, isExhausted: isExhausted)
    }
}
