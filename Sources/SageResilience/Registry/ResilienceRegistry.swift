import Synchronization

/// The policies of a program by kind and name: the place where decorators, status pages and health checks find them.
///
/// ```swift
/// let breaker = try ResilienceRegistry.current.circuitBreaker("database") {
///     try CircuitBreakerConfiguration(consecutiveFailures: 3, recoveryTimeout: .seconds(60))
/// }
/// ```
///
/// Whoever asks for a name of a kind first creates the policy; everybody gets the same one from then on, and the
/// configurations that later callers give are not looked at. There is one registry for the process (``shared``), a
/// program may have others and hand them around, and a test runs its code with one of its own (`withCurrent`). Each kind
/// is bounded by itself. Thread-safe.
public final class ResilienceRegistry: Sendable {
    /// The circuit breakers.
    public let circuitBreakers: Registry<CircuitBreaker>
    /// The retries.
    public let retries: Registry<RetryPolicy>
    /// The rate limiters.
    public let rateLimiters: Registry<RateLimiter>
    /// The pipelines.
    public let pipelines: Registry<ResiliencePipeline>

    private let clock: any Clock<Duration>
    private let random: RandomSource
    private let listener: (any ResilienceListener)?

    /// Creates an empty registry.
    ///
    /// - Parameters:
    ///   - capacity: The most policies of each kind, 1 or more. Defaults to 1,000.
    ///   - clock: The clock of the policies that it creates. Defaults to `ContinuousClock`.
    ///   - random: Where their jitter comes from. Defaults to the system's generator.
    ///   - listener: Receives their events and those of the registry. Defaults to nobody.
    /// - Throws: ``ConfigurationError`` when the capacity is out of range.
    public convenience init(
        capacity: Int = 1_000, clock: any Clock<Duration> = ContinuousClock(), random: RandomSource = .system,
        listener: (any ResilienceListener)? = nil
    ) throws(ConfigurationError) {
        try Validation.count("capacity", capacity, in: 1...Int.max)
        self.init(validCapacity: capacity, clock: clock, random: random, listener: listener)
    }

    private init(
        validCapacity capacity: Int, clock: any Clock<Duration>, random: RandomSource,
        listener: (any ResilienceListener)?
    ) {
        self.circuitBreakers = Registry(PolicyKind.circuitBreaker.rawValue, validCapacity: capacity, listener)
        self.retries = Registry(PolicyKind.retry.rawValue, validCapacity: capacity, listener)
        self.rateLimiters = Registry(PolicyKind.rateLimiter.rawValue, validCapacity: capacity, listener)
        self.pipelines = Registry(PolicyKind.pipeline.rawValue, validCapacity: capacity, listener)
        self.clock = clock
        self.random = random
        self.listener = listener
    }

    // MARK: The process and the task

    /// The registry that becomes the shared one, until that is in use; a pure value.
    enum Installation: Sendable {
        case none
        case installed(ResilienceRegistry)
        case inUse

        /// Whether the registry is installed now: once, and before the first use.
        mutating func install(_ registry: ResilienceRegistry) -> Bool {
            guard case .none = self else { return false }
            self = .installed(registry)
            return true
        }

        /// Ends the time for installing; nil when nothing was installed.
        mutating func use() -> ResilienceRegistry? {
            defer { self = .inUse }
            guard case .installed(let registry) = self else { return nil }
            return registry
        }
    }

    private static let installation = Mutex(Installation.none)

    /// The registry of the process.
    public static let shared =
        installation.withLock { $0.use() }
        ?? ResilienceRegistry(validCapacity: 1_000, clock: ContinuousClock(), random: .system, listener: nil)

    /// Makes a registry the ``shared`` one, for example because it has a listener; once, at the start of the program.
    ///
    /// - Parameter registry: The registry of the process from now on.
    /// - Throws: ``RegistryError`` when another one has been installed or the shared registry is in use already.
    public static func install(_ registry: ResilienceRegistry) throws(RegistryError) {
        guard installation.withLock({ $0.install(registry) }) else {
            throw RegistryError(registryName: "shared", reason: .inUse)
        }
    }

    @TaskLocal private static var ofTask: ResilienceRegistry?

    /// The registry that decorators use: the task's own if it has one, else the ``shared`` one.
    public static var current: ResilienceRegistry { ofTask ?? shared }

    /// Runs an operation, and its child tasks, for which another registry is ``current``.
    ///
    /// - Parameters:
    ///   - registry: The registry for the time of the operation.
    ///   - operation: Runs on the caller's executor.
    /// - Throws: The operation's own error.
    public static func withCurrent<Result>(
        _ registry: ResilienceRegistry, _ operation: () async throws -> Result
    ) async rethrows -> Result {
        try await $ofTask.withValue(registry) { try await operation() }
    }

    /// Runs an operation for which another registry is ``current``.
    ///
    /// - Parameters:
    ///   - registry: The registry for the time of the operation.
    ///   - operation: Runs at once.
    /// - Throws: The operation's own error.
    public static func withCurrent<Result>(
        _ registry: ResilienceRegistry, _ operation: () throws -> Result
    ) rethrows -> Result {
        try $ofTask.withValue(registry) { try operation() }
    }

    // MARK: Policies by name

    /// The circuit breaker with a name, created if there is none.
    ///
    /// - Parameters:
    ///   - name: The name, also for events.
    ///   - configuration: Makes the configuration of a breaker that is created; not called otherwise.
    /// - Throws: ``RegistryError`` when there is no place for it; the error of `configuration`.
    public func circuitBreaker(
        _ name: String, _ configuration: () throws -> CircuitBreakerConfiguration = { .default }
    ) throws -> CircuitBreaker {
        try circuitBreakers.policy(named: name) {
            CircuitBreaker(name, try configuration(), clock: clock, random: random, listener: listener)
        }
    }

    /// The retry with a name, created if there is none; who shares it shares its budget.
    ///
    /// - Parameters:
    ///   - name: The name, also for events.
    ///   - configuration: Makes the configuration of a retry that is created; not called otherwise.
    /// - Throws: ``RegistryError`` when there is no place for it; the error of `configuration`.
    public func retry(_ name: String, _ configuration: () throws -> RetryConfiguration) throws -> RetryPolicy {
        try retries.policy(named: name) {
            RetryPolicy(name, try configuration(), clock: clock, random: random, listener: listener)
        }
    }

    /// The rate limiter with a name, created if there is none.
    ///
    /// - Parameters:
    ///   - name: The name, also for events.
    ///   - configuration: Makes the configuration of a limiter that is created; not called otherwise.
    /// - Throws: ``RegistryError`` when there is no place for it; the error of `configuration`.
    public func rateLimiter(
        _ name: String, _ configuration: () throws -> RateLimiterConfiguration
    ) throws -> RateLimiter {
        try rateLimiters.policy(named: name) {
            RateLimiter(name, try configuration(), clock: clock, listener: listener)
        }
    }

    /// The pipeline with a name, created if there is none.
    ///
    /// - Parameters:
    ///   - name: The name.
    ///   - policies: The policies of a pipeline that is created, outermost first; not called otherwise.
    /// - Throws: ``RegistryError`` when there is no place for it; the error of `policies`.
    public func pipeline(
        _ name: String, @PipelineBuilder _ policies: () throws -> PipelineComponent
    ) throws -> ResiliencePipeline {
        try pipelines.policy(named: name) { try ResiliencePipeline(name, policies) }
    }

    /// Forgets all policies of all kinds; who holds one can go on using it.
    public func removeAll() {
        circuitBreakers.removeAll()
        retries.removeAll()
        rateLimiters.removeAll()
        pipelines.removeAll()
    }
}
