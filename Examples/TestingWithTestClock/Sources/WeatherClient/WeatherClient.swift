import SageResilience

/// Asks a weather service, through policies that bear with its moods.
///
/// Everything that a test has to hold in its hands is a parameter with the right default: the time, chance, and who is
/// told what happens.
public struct WeatherClient: Sendable {
    private let service: any WeatherService
    private let pipeline: ResiliencePipeline
    /// Whether the service is being called at all.
    public let breaker: CircuitBreaker

    /// Creates a client.
    ///
    /// - Parameters:
    ///   - service: The service that is asked.
    ///   - clock: The time of all policies. Defaults to real time.
    ///   - random: Chance, for the waits of retries. Defaults to real chance.
    ///   - listener: Is told what the policies do. Defaults to nobody.
    /// - Throws: `ConfigurationError` for a number out of range; there is none.
    public init(
        service: any WeatherService,
        clock: any Clock<Duration> = ContinuousClock(),
        random: RandomSource = .system,
        listener: (any ResilienceListener)? = nil
    ) throws {
        let breaker = CircuitBreaker(
            "weather",
            try CircuitBreakerConfiguration(
                consecutiveFailures: 5, recoveryTimeout: .seconds(30), halfOpenMaxCalls: 1),
            clock: clock, random: random, listener: listener)
        self.service = service
        self.breaker = breaker
        self.pipeline = try ResiliencePipeline("weather", clock: clock, random: random, listener: listener) {
            try TimeLimiter(.seconds(20))
            try RetryConfiguration(
                maxAttempts: 4, backoff: .exponential(initialDelay: .seconds(1), maxDelay: .seconds(8)))
            breaker
        }
    }

    /// The temperature in a city, in degrees Celsius.
    public func temperature(in city: String) async throws -> Double {
        let service = service
        return try await pipeline.execute { try await service.temperature(in: city) }
    }
}
