import SageLLM
import SageResilience

/// The last failure of a target, whether or not its circuit breaker counts it: what an operator looks for first.
struct TargetFailure: Sendable {
    let moment: Moment
    let errorClass: ErrorClass
    /// What the provider said, without secrets; for operators, not for clients.
    let message: String
    /// What clients may know of it.
    let upstream: UpstreamError

    init(_ error: ProviderError, at moment: Moment) {
        self.moment = moment
        self.errorClass = error.classification.errorClass
        self.message = error.description
        self.upstream = UpstreamError(error)
    }
}
