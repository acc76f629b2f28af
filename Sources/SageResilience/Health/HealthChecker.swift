import Synchronization

/// Finds out how well a program and the services behind it are, for a health endpoint.
///
/// ```swift
/// let health = HealthChecker()
/// try health.add(databaseBreaker)
/// try health.add(cacheBreaker, importance: .optional)
/// try health.add(modelBreakers, importance: .alternative(group: "models"))
/// try health.addCheck("disk", timeLimit: .seconds(1)) { try await disk.writeAndRead() }
/// let report = await health.report()
/// ```
///
/// Policies (``HealthReporting``) are asked for what they have seen. Checks call the service: each has a time limit,
/// runs once for all who ask at the same time, and its outcome is kept for a while, so that nobody can harm the service
/// by asking for the report. See ``HealthReport`` for what follows for the whole. Thread-safe.
public final class HealthChecker: Sendable {
    private enum Source: Sendable {
        case policy(@Sendable () -> ServiceHealth)
        /// Policies that come and go; their names are completed with that of the registry.
        case registry(@Sendable () -> [String: ServiceHealth])
        case check(HealthCheck)
    }

    private struct Entry: Sendable {
        let importance: ServiceImportance
        let source: Source
    }

    /// The most services and registries that can be added; more are refused.
    package static let capacity = 1_000

    private let timeline: Timeline
    private let entries = Mutex<[String: Entry]>([:])

    /// Creates a checker that knows no service.
    ///
    /// - Parameter clock: The clock for time limits and the age of outcomes. Defaults to `ContinuousClock`.
    public init(clock: any Clock<Duration> = ContinuousClock()) {
        self.timeline = Timeline(clock)
    }

    // MARK: Services

    /// Adds a policy, which is asked for each report.
    ///
    /// - Parameters:
    ///   - policy: The policy.
    ///   - name: The name of the service in reports. Defaults to the policy's own.
    ///   - importance: What the program is without the service. Defaults to critical.
    /// - Throws: ``HealthCheckerError`` when the name is taken or the checker holds 1,000 already.
    public func add(
        _ policy: some HealthReporting, as name: String? = nil, importance: ServiceImportance = .critical
    ) throws(HealthCheckerError) {
        try add(name ?? policy.name, importance, .policy { policy.health })
    }

    /// Adds a registry: each report asks all policies that it holds then.
    ///
    /// They are called by the names of the registry and the entry, as in `circuit_breaker/database`.
    ///
    /// - Parameters:
    ///   - registry: The registry.
    ///   - importance: What the program is without one of these services. Defaults to critical.
    /// - Throws: ``HealthCheckerError`` when the registry's name is taken or the checker holds 1,000 already.
    public func add<Policy: HealthReporting>(
        _ registry: Registry<Policy>, importance: ServiceImportance = .critical
    ) throws(HealthCheckerError) {
        try add(registry.name, importance, .registry { registry.all.mapValues(\.health) })
    }

    /// Adds a check that calls a service: the service is healthy when it returns and unhealthy when it throws.
    ///
    /// - Parameters:
    ///   - name: The name of the service in reports.
    ///   - importance: What the program is without the service. Defaults to critical.
    ///   - timeLimit: How long the check may take, more than 0; then it is cancelled and the service is unhealthy. A
    ///     check that does not react to that is not waited for, nor started again before it has ended. Defaults to 5 s.
    ///   - freshness: How long its outcome is reported without another run, 0 or more. Defaults to 5 s.
    ///   - check: Calls the service, from a task of its own.
    /// - Throws: ``HealthCheckerError`` when the name is taken or the checker holds 1,000 already;
    ///   ``ConfigurationError``.
    public func addCheck(
        _ name: String, importance: ServiceImportance = .critical, timeLimit: Duration = .seconds(5),
        freshness: Duration = .seconds(5), _ check: @escaping @Sendable () async throws -> Void
    ) throws {
        try addReport(name, importance: importance, timeLimit: timeLimit, freshness: freshness) {
            try await check()
            return ServiceHealth(.healthy, state: "passing")
        }
    }

    /// Adds a check that calls a service and judges by itself how well it is.
    ///
    /// - Parameters:
    ///   - name: The name of the service in reports.
    ///   - importance: What the program is without the service. Defaults to critical.
    ///   - timeLimit: How long the check may take, as in ``addCheck(_:importance:timeLimit:freshness:_:)``. Defaults to
    ///     5 s.
    ///   - freshness: How long its outcome is reported without another run, 0 or more. Defaults to 5 s.
    ///   - check: Calls the service, from a task of its own; the service is unhealthy when it throws.
    /// - Throws: ``HealthCheckerError`` when the name is taken or the checker holds 1,000 already;
    ///   ``ConfigurationError``.
    public func addReport(
        _ name: String, importance: ServiceImportance = .critical, timeLimit: Duration = .seconds(5),
        freshness: Duration = .seconds(5), _ check: @escaping @Sendable () async throws -> ServiceHealth
    ) throws {
        try Validation.positive("timeLimit", timeLimit)
        try Validation.notNegative("freshness", freshness)
        let check = HealthCheck(timeline: timeline, timeLimit: timeLimit, freshness: freshness, check)
        try add(name, importance, .check(check))
    }

    /// Removes a service or a registry; a check that is running ends by itself.
    ///
    /// - Returns: Whether there was one with this name.
    @discardableResult
    public func remove(_ name: String) -> Bool {
        entries.withLock { $0.removeValue(forKey: name) } != nil
    }

    // MARK: Reports

    /// How well the program and its services are; waits for checks whose outcome is not fresh, all at the same time.
    ///
    /// - Returns: The report. When the caller's task is cancelled meanwhile, what is known without waiting.
    public func report() async -> HealthReport {
        let entries = entries.withLock { $0 }
        var services: [String: ServiceHealth] = [:]
        await withTaskGroup(of: (String, ServiceHealth).self) { group in
            for (name, entry) in entries {
                guard case .check(let check) = entry.source else { continue }
                group.addTask { (name, await check.current()) }
            }
            for await (name, health) in group { services[name] = health }
        }
        // Policies answer at once, so they are asked last: all of the report is of one moment.
        for (name, entry) in entries {
            switch entry.source {
            case .check: break
            case .policy(let health): services[name] = health()
            case .registry(let all):
                for (member, health) in all() {
                    var health = health
                    health.importance = entry.importance
                    services["\(name)/\(member)"] = health
                }
            }
            services[name]?.importance = entry.importance
        }
        return HealthReport(services: services)
    }

    /// Whether the program can do its work, be it with less; see ``HealthReport/isHealthy``.
    public var isHealthy: Bool {
        get async { await report().isHealthy }
    }

    private func add(
        _ name: String, _ importance: ServiceImportance, _ source: Source
    ) throws(HealthCheckerError) {
        let reason = entries.withLock { entries -> HealthCheckerError.Reason? in
            guard entries[name] == nil else { return .taken }
            guard entries.count < Self.capacity else { return .full(capacity: Self.capacity) }
            entries[name] = Entry(importance: importance, source: source)
            return nil
        }
        if let reason { throw HealthCheckerError(name: name, reason: reason) }
    }
}
