package import SageLLM
package import SageResilience

extension ProviderError {
    /// Whether every target would refuse the request in the same way.
    ///
    /// An unknown model (404) is not: another target may have it.
    package var isRequestsFault: Bool { clientMistakeStatus.map { $0 != 404 } ?? false }

    /// Which targets can still answer a request that failed so; nil when none can.
    package var fallbackKind: Fallback.Kind? {
        Fallback.Kind(for: classification.errorClass) ?? (isRequestsFault ? nil : .general)
    }
}
