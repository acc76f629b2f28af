import SageLLM
import SageResilience

extension GatewayError {
    /// What the client gets when no target has answered.
    init(
        _ ending: RoutePlan.Ending, _ lastError: ProviderError?, _ refusal: TranslationError?,
        _ limit: LimitRefusal?, pause cause: TargetFailure? = nil
    ) {
        if let refusal, lastError == nil, case .spent = ending {
            self.init(.invalidRequest, refusal.description, parameter: refusal.parameter)
            return
        }
        if let limit, lastError == nil, ending != .spent(.deadlineExceeded) {
            self.init(limit)
            return
        }
        defer {
            if let refusal { message += "; a further target could not be asked: \(refusal)" }
        }
        switch (ending, lastError) {
        case (.circuitOpen(let wait), _):
            self.init(
                .circuitOpen, "every target's circuit breaker is open",
                retryAfter: .nanoseconds(wait ?? 1_000_000_000))
        case (.paused(let wait), let error):
            self = error.map { GatewayError($0, retriesSpent: false) } ?? GatewayError(pausedFor: wait, cause)
            retryAfter = .nanoseconds(wait)
        case (.requestRefused, let error?):
            self.init(error, retriesSpent: false)
        case (.spent(.deadlineExceeded), let error):
            let detail = error.map { "; the last error was: \($0)" } ?? ""
            self.init(.deadlineExceeded, "no answer within the deadline" + detail, forbidsRetry: true)
            upstream = error.flatMap { GatewayError($0, retriesSpent: true).upstream }
        case (.spent, let error?):
            self.init(error, retriesSpent: true)
        case (.spent, nil), (.requestRefused, nil):
            self.init(.overloaded, "no target could be tried", retryAfter: .seconds(1))
        }
    }

    /// No target was called, because all of them have asked for a pause.
    ///
    /// - Parameters:
    ///   - wait: How long the shortest pause goes on, in nanoseconds.
    ///   - cause: The failure with which that was asked for, maybe in another request: of what it said only its kind is
    ///     told.
    private init(pausedFor wait: Int64, _ cause: TargetFailure?) {
        self.init(.rateLimited, "", retryAfter: .nanoseconds(wait), upstream: cause?.upstream)
        let isLonger = wait > Self.retryAfterRange.upperBound.saturatingNanoseconds
        message =
            "every target has asked not to be called for \(isLonger ? "more than " : "")\(retryAfterSeconds ?? 0) s"
        upstream?.requestID = nil
        guard let cause, let target = cause.upstream.target else { return }
        let status = cause.upstream.status.map { "answered with status \($0)" } ?? "failed"
        message += "; \(target) \(status) (\(cause.errorClass.rawValue)) before"
    }
}
