import SageStorage

extension StoragePolicies {
    /// One attempt, so that a test sees the first error.
    static var impatient: StoragePolicies {
        var policies = StoragePolicies()
        policies.connect.attempts = 1
        policies.statements.attempts = 1
        return policies
    }

    /// The usual attempts with waits of a millisecond, and breakers that never open.
    static var eager: StoragePolicies {
        var policies = StoragePolicies()
        policies.connect.initialDelay = .milliseconds(1)
        policies.connect.maxDelay = .milliseconds(1)
        policies.connect.failuresToOpen = 1_000_000
        policies.statements.initialDelay = .milliseconds(1)
        policies.statements.maxDelay = .milliseconds(1)
        policies.statements.failuresToOpen = 1_000_000
        return policies
    }
}
