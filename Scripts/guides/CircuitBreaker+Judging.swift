private let breaker: CircuitBreaker = standIn()
