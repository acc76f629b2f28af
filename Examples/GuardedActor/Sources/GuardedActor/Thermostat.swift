import SageResilience

/// A thermostat behind a noisy line.
///
/// Both methods touch the actor's state in the middle of the guarded operation, without `await` and without a copy:
/// policies that need no child task run the operation where their caller runs, here on the actor.
actor Thermostat {
    private let bus: FieldBus
    private let breaker: CircuitBreaker
    private let pipeline: InTaskResiliencePipeline

    private(set) var target = 20.0
    private var history: [FieldBus.Telegram] = []
    private(set) var attempts = 0

    init(bus: sending FieldBus) throws {
        let breaker = CircuitBreaker(
            "thermostat",
            try CircuitBreakerConfiguration(
                consecutiveFailures: 4, recoveryTimeout: .seconds(1), halfOpenMaxCalls: 1))
        self.bus = bus
        self.breaker = breaker
        // A time limit here would not compile: it runs the operation in a child task, off the actor.
        self.pipeline = try InTaskResiliencePipeline("thermostat") {
            try RetryConfiguration(maxAttempts: 3, backoff: .exponential(initialDelay: .milliseconds(20)))
            breaker
        }
    }

    /// A policy alone: a setting is written once or not at all, so it is not retried.
    func set(target degrees: Double) async throws {
        try await breaker.execute {
            try bus.write(target: degrees)
            target = degrees
        }
    }

    /// A pipeline: a reading can be repeated.
    ///
    /// The telegram that comes out of the pipeline is not `Sendable`. It need not be: it never leaves the actor.
    func measure() async throws -> Double {
        let telegram = try await pipeline.execute {
            attempts += 1
            let telegram = try bus.read()
            history.append(telegram)
            return telegram
        }
        return telegram.degrees
    }

    /// What the engineer who maintains the line does to it.
    func spoil(with fault: FieldBus.Fault, times: Int) {
        for _ in 0..<times { bus.spoil(fault) }
    }

    /// Telegrams that were sent, garbled or not.
    var telegrams: Int { bus.telegrams }

    /// How many readings the actor keeps.
    var readings: Int { history.count }

    nonisolated var breakerState: CircuitBreaker.State { breaker.state }
}
