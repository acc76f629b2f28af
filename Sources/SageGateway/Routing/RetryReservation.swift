package import SageResilience

/// One retry in a ``RetryBudget``, given back when the last reference goes.
package final class RetryReservation: Sendable {
    private let budget: RetryBudget

    /// Reserves one retry; nil when the budget is used up.
    package init?(_ budget: RetryBudget) {
        guard budget.beginRetry() else { return nil }
        self.budget = budget
    }

    deinit {
        budget.endRetry()
    }
}
