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
    /// The adaptive rate limiters.
    public let adaptiveRateLimiters: Registry<AdaptiveRateLimiter>
    /// The bulkheads.
    public let bulkheads: Registry<Bulkhead>
    /// The adaptive limiters.
    public let adaptiveLimiters: Registry<AdaptiveLimiter>
    /// The client-side throttles.
    public let clientThrottles: Registry<ClientThrottle>
    /// The time limits.
    public let timeLimiters: Registry<TimeLimiter>
    /// The hedges.
    public let hedges: Registry<Hedge>
    /// The fallbacks.
    public let fallbacks: Registry<Fallback>
    /// The pipelines.
    public let pipelines: Registry<ResiliencePipeline>
    /// The pipelines that run everything in the caller's own task; their names are apart from those of the others.
    public let inTaskPipelines: Registry<InTaskResiliencePipeline>

    /// The pipelines of decorated functions.
    let decorated = DecoratedTable()

    package let clock: any Clock<Duration>
    package let random: RandomSource
    package let listener: (any ResilienceListener)?

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
        func registry<Policy>(_ name: String) -> Registry<Policy> {
            Registry(name, validCapacity: capacity, listener)
        }
        self.circuitBreakers = registry(PolicyKind.circuitBreaker.rawValue)
        self.retries = registry(PolicyKind.retry.rawValue)
        self.rateLimiters = registry(PolicyKind.rateLimiter.rawValue)
        self.adaptiveRateLimiters = registry(PolicyKind.adaptiveRateLimiter.rawValue)
        self.bulkheads = registry(PolicyKind.bulkhead.rawValue)
        self.adaptiveLimiters = registry(PolicyKind.adaptiveLimiter.rawValue)
        self.clientThrottles = registry(PolicyKind.clientThrottle.rawValue)
        self.timeLimiters = registry(PolicyKind.timeLimiter.rawValue)
        self.hedges = registry(PolicyKind.hedge.rawValue)
        self.fallbacks = registry(PolicyKind.fallback.rawValue)
        self.pipelines = registry(PolicyKind.pipeline.rawValue)
        // One kind of policy in events, but two registries, whose names must differ.
        self.inTaskPipelines = registry("in_task_pipeline")
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

    // MARK: Removal

    /// Forgets all policies of all kinds; who holds one can go on using it.
    public func removeAll() {
        circuitBreakers.removeAll()
        retries.removeAll()
        rateLimiters.removeAll()
        adaptiveRateLimiters.removeAll()
        bulkheads.removeAll()
        adaptiveLimiters.removeAll()
        clientThrottles.removeAll()
        timeLimiters.removeAll()
        hedges.removeAll()
        fallbacks.removeAll()
        pipelines.removeAll()
        inTaskPipelines.removeAll()
        decorated.removeAll()
    }
}
