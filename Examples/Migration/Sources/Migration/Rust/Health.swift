import SageResilience

func health() async throws {
    let breakers = [CircuitBreaker("llm", .llm), CircuitBreaker("database", .database)]

    // snippet: health
    let health = HealthChecker()
    for breaker in breakers { try health.add(breaker) }

    let report = await health.report()
    print(report.isHealthy ? "healthy" : "unhealthy: \(report.problems)")
    for (name, service) in report.services {
        print(name, service.state, service.failureRate ?? 0, service.lastFailure?.age ?? .zero)
    }
    // end snippet
    try expect(report.isHealthy && report.services.count == 2, "both breakers are closed")
}
