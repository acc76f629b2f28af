import SageResilience

// snippet: environment
/// What differs between the machines that a program runs on.
struct Environment: Sendable {
    var databaseHost = "database.internal"
    var databaseTimeout = Duration.seconds(5)
    var apiTimeout = Duration.seconds(30)
    var apiAttempts = 3

    static var current: Environment {
        var environment = Environment()
        #if os(Windows)
        environment.databaseHost = "127.0.0.1"  // not a name that may mean an IPv6 address
        environment.databaseTimeout = .seconds(10)
        #elseif os(macOS)
        environment.apiTimeout = .seconds(60)
        environment.apiAttempts = 6
        #endif
        return environment
    }
}

func pipeline(for environment: Environment) throws -> ResiliencePipeline {
    try ResiliencePipeline("siliconflow_api") {
        try RetryConfiguration(maxAttempts: environment.apiAttempts)
        CircuitBreakerConfiguration.network
        try TimeLimiter(environment.apiTimeout)
    }
}
// end snippet

func environments() async throws {
    let description = try pipeline(for: .current).describe()
    try expect(description.contains("attempts"), "the pipeline says what it does")
}
