import SageStorage

/// What one request has taken of limits that all instances share.
struct SharedHold: Sendable {
    /// Who has granted it.
    enum Origin: Sendable, Hashable {
        /// The store, at this time by its clock.
        case store(StoreInstant)
        /// This instance alone, since the store was away; with the number of that absence.
        case instance(absence: Int)
    }

    let limits: SharedLimits
    let shares: [SharedShare]
    let origin: Origin

    /// The request has used so many tokens.
    func settle(tokens: Int) {
        let tokens = max(0, tokens)
        correct { $0.account.unit == .tokens ? tokens : $0.permits }
    }

    /// The request was never sent.
    func refund() {
        correct { _ in 0 }
    }

    private func correct(_ actual: (SharedShare) -> Int) {
        let changes = shares.compactMap { share in
            let actual = actual(share)
            return actual == share.permits ? nil : (share, actual)
        }
        if !changes.isEmpty { limits.correct(changes, origin) }
    }
}
