package import SageLLM
import SageResilience

/// What a failure says about the key of the call.
///
/// A provider's own troubles (503, 529, timeouts) say nothing about it: another key would fare no better.
package struct KeyTrouble: Sendable, Hashable {
    /// Which calls with the key it concerns.
    package enum Extent: Sendable, Hashable {
        /// All calls to the provider.
        case provider
        /// The calls to this model.
        case target
    }

    /// Whether the key was refused; otherwise it is asked to pause.
    package let isRefusal: Bool
    /// Which calls with the key it concerns.
    package let extent: Extent

    /// Reads a failure; nil when it says nothing about the key.
    ///
    /// A key that is not allowed to use a model (403) may use another, limits of rate hold for each model, and so do the
    /// daily quotas of some providers; an invalid key (401) and an account without money are so everywhere.
    package init?(_ error: ProviderError) {
        switch error.classification.errorClass {
        case .authentication:
            isRefusal = true
            extent = error.status == 403 ? .target : .provider
        case .quotaExhausted:
            // Who says when the quota is filled again asks for a pause.
            isRefusal = error.classification.hint?.minimumWait == nil
            let isAccounts = error.status != 429 || [error.code, error.type].contains("insufficient_quota")
            extent = isAccounts ? .provider : .target
        case .rateLimited:
            isRefusal = false
            extent = .target
        default:
            return nil
        }
    }
}
