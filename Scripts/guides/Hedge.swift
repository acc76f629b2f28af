private let budget: RetryBudget = standIn()
