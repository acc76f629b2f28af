package import SageLLM
import SageResilience

extension GatewayError {
    /// What a client gets to see of a provider's failure.
    ///
    /// - Parameters:
    ///   - error: The last failure.
    ///   - retriesSpent: Whether Sage has tried as often as it may, so that the client's library must not go on.
    package init(_ error: ProviderError, retriesSpent: Bool) {
        let upstream = UpstreamError(error)
        let hint = error.classification.hint?.minimumWait
        if let status = error.clientMistakeStatus {
            self.init(
                .invalidRequest, error.message, status: status, parameter: error.parameter, upstream: upstream,
                passedOn: PassedOn(type: error.type, code: error.code))
            return
        }
        switch (error.classification.errorClass, error.kind) {
        case (.quotaExhausted, _):
            self.init(.quotaExhausted, error.description, forbidsRetry: true, upstream: upstream)
        case (.rateLimited, _):
            self.init(
                .rateLimited, error.description, retryAfter: hint ?? .seconds(1), forbidsRetry: retriesSpent,
                upstream: upstream)
        case (.authentication, _), (.permanent, _), (.contextWindow, _), (.contentPolicy, _):
            self.init(.upstreamError, error.description, forbidsRetry: true, upstream: upstream)
        case (_, .truncatedStream):
            self.init(.upstreamTruncated, error.description, forbidsRetry: retriesSpent, upstream: upstream)
        case (_, .timeout(.total)):
            self.init(.deadlineExceeded, error.description, forbidsRetry: retriesSpent, upstream: upstream)
        default:
            self.init(
                .upstreamError, error.description, retryAfter: hint, forbidsRetry: retriesSpent, upstream: upstream)
        }
    }
}

extension UpstreamError {
    /// What a client gets to see of whose failure it was.
    init(_ error: ProviderError) {
        self.init(
            status: error.status, type: error.type, code: error.code, requestID: error.requestID, target: error.target)
    }
}

extension GatewayError {
    /// What a client gets to see when a stream breaks off that has delivered part of an answer.
    package init(endingStream error: ProviderError) {
        self.init(error, retriesSpent: true)
        if case .transport = error.kind { code = .upstreamTruncated }
    }
}

extension ProviderError {
    /// The status that tells the client about its own mistake; nil when the failure is not the client's.
    ///
    /// A provider's answer about the request itself is passed on, so that the client's library raises its own class
    /// for it. 401 and 403 are about Sage's credentials and are not.
    package var clientMistakeStatus: Int? {
        switch classification.errorClass {
        case .permanent, .contextWindow, .contentPolicy: break
        default: return nil
        }
        // Some report the same inside an answer of status 200.
        guard kind == .answer || kind == .streamError, let status, [400, 404, 413, 422].contains(status) else {
            return nil
        }
        return status
    }
}
