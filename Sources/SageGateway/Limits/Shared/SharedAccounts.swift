import SageResilience

/// The limits a minute of one ``LimitSet`` as all instances count them.
struct SharedAccounts: Sendable {
    let limits: SharedLimits
    let requests: SharedAccount?
    let tokens: SharedAccount?

    /// - Returns: Nil for a set that has no limits a minute.
    init?(
        _ owner: String, requests: RateLimiter?, tokens: RateLimiter?, in limits: SharedLimits,
        listener: (any ResilienceListener)?
    ) throws(ConfigurationError) {
        guard requests != nil || tokens != nil else { return nil }
        self.limits = limits
        self.requests =
            if let requests { try SharedAccount(owner, .requests, requests, listener: listener) } else { nil }
        self.tokens = if let tokens { try SharedAccount(owner, .tokens, tokens, listener: listener) } else { nil }
    }
}

extension LimitSet {
    /// What a request takes of the accounts.
    ///
    /// - Parameter estimate: The tokens that it will use, at a guess.
    func shares(_ estimate: Int) -> [SharedShare] {
        [
            accounts?.requests.map { SharedShare(account: $0, permits: 1) },
            accounts?.tokens.map { SharedShare(account: $0, permits: grantable(estimate)) },
        ].compactMap(\.self)
    }
}
