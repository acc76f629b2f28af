// Each preset for a kind of service has the classifier of that name.
extension CircuitBreakerConfiguration {
    /// A window of 100 calls, open at half of them failed, probes after 30 s.
    public static let `default` = CircuitBreakerConfiguration()

    /// For calls of language models: a window of 10 calls, open at 5 failures in it or, while it holds fewer than 10
    /// calls but at least 5, at half of them; probes after 30 s that may take 10 minutes, as a long answer does.
    public static let llm: CircuitBreakerConfiguration = {
        var configuration = CircuitBreakerConfiguration()
        configuration.window = .calls(10)
        configuration.minimumCalls = 5
        configuration.failureCount = 5
        configuration.halfOpenMaxWait = .seconds(600)
        configuration.classifier = .llm
        return configuration
    }()

    /// For statements of a database: open at 3 failures in a row or half of the last 100 calls, probes after 60 s.
    ///
    /// In a row, because some failures, such as deadlocks, belong to the healthy life of a database. Use
    /// ``databaseConnection`` for connecting.
    public static let database = inARow(3, recoveryTimeout: .seconds(60), .database)

    /// For connecting to a database: open at 3 failures in a row or half of the last 100 attempts, one probe after
    /// 30 s.
    public static let databaseConnection: CircuitBreakerConfiguration = {
        var configuration = inARow(3, recoveryTimeout: .seconds(30), .database)
        configuration.halfOpenMaxCalls = 1
        configuration.successesToClose = 1
        return configuration
    }()

    /// For a service on the network: open at 5 failures in a row or half of the last 100 calls, probes after 60 s.
    public static let network = inARow(5, recoveryTimeout: .seconds(60), .network)

    private static func inARow(
        _ failures: Int, recoveryTimeout: Duration, _ classifier: ErrorClassifier
    ) -> CircuitBreakerConfiguration {
        var configuration = CircuitBreakerConfiguration()
        configuration.consecutiveFailures = failures
        configuration.recoveryTimeout = recoveryTimeout
        configuration.classifier = classifier
        return configuration
    }
}
