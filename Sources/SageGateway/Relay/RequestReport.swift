import Logging
import SageLLM
import SageResilience
import Synchronization

/// What is known about one request when it is over; becomes its line in the access log.
final class RequestReport: Sendable {
    /// How a request ended, for logs and metrics.
    enum Outcome: String, Sendable {
        case success
        case clientError = "client_error"
        case policyRejected = "policy_rejected"
        case providerError = "provider_error"
        case cancelled

        init(_ error: GatewayError) {
            self =
                switch error.code {
                case .invalidRequest, .unauthorized, .modelNotFound, .requestTooLarge: .clientError
                case .circuitOpen, .overloaded, .interrupted: .policyRejected
                case .rateLimited where error.upstream == nil: .policyRejected
                case .rateLimited, .upstreamError, .upstreamTruncated, .deadlineExceeded, .quotaExhausted:
                    .providerError
                }
        }
    }

    struct Details: Sendable {
        var model = ""
        var target: String?
        var isStream = false
        var attempts = 0
        var fallbacks = 0
        var usage: TokenCounts?
        /// Time spent waiting for providers and between attempts, which is not Sage's overhead.
        var waited = Duration.zero
    }

    let id: String
    private let start = ContinuousClock.now
    private let logger: Logger
    private let details = Mutex(Details())
    private let isOver = Atomic<Bool>(false)

    init(id: String, logger: Logger) {
        self.id = id
        self.logger = logger
    }

    func update(_ change: (inout Details) -> Void) {
        details.withLock { change(&$0) }
    }

    var current: Details { details.withLock { $0 } }

    /// The time that Sage itself has taken so far.
    var overhead: Duration { max(.zero, ContinuousClock.now - start - current.waited) }

    /// Writes that a call has failed, although another may still answer the request.
    func attemptFailed(_ error: ProviderError) {
        logger.notice(
            "attempt failed",
            metadata: [
                "request_id": .string(id), "target": .string(error.target),
                "error_class": .string(error.classification.errorClass.rawValue), "error": .string(error.description),
            ])
    }

    /// Writes the line, once.
    func end(_ outcome: Outcome, status: Int, error: GatewayError? = nil) {
        guard isOver.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged else { return }
        let details = current
        var metadata: Logger.Metadata = [
            "request_id": .string(id), "model": .string(details.model), "outcome": .string(outcome.rawValue),
            "status": .stringConvertible(status), "attempts": .stringConvertible(details.attempts),
            "fallbacks": .stringConvertible(details.fallbacks), "stream": .stringConvertible(details.isStream),
            "duration_ms": .stringConvertible((ContinuousClock.now - start).wholeMilliseconds),
        ]
        if let target = details.target { metadata["target"] = .string(target) }
        if let total = details.usage?.total { metadata["tokens"] = .stringConvertible(total) }
        if let error {
            metadata["error_code"] = .string(error.code.rawValue)
            metadata["error"] = .string(error.message)
        }
        logger.log(level: outcome == .success || outcome == .cancelled ? .info : .notice, "request", metadata: metadata)
    }
}

extension Duration {
    var wholeMilliseconds: Int64 {
        components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000
    }

    /// Milliseconds with two decimals.
    var preciseMilliseconds: String {
        let hundredths = components.seconds * 100_000 + components.attoseconds / 10_000_000_000_000
        let fraction = hundredths % 100
        return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)"
    }
}
