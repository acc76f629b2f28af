public import Metrics
public import SageResilience
import Synchronization

/// Reads the states of policies at intervals and sets gauges to them.
///
/// ```swift
/// let sampler = MetricsSampler(.shared)
/// sampler.watch(supervisor)      // what no registry holds
/// try await sampler.run()        // until its task is cancelled
/// ```
///
/// A gauge exists for as long as what it tells: when a policy leaves the registry or is deallocated, or has no failure
/// rate any more because too few calls were made, its gauge is destroyed and its series ends. Looking at a policy does
/// not count as a use of it. Of each kind at most ``MetricsConfiguration/maxNames`` policies have gauges;
/// `sage_registry_policies` tells how many there are. <doc:MetricsGuide> lists all gauges.
///
/// Thread-safe. Instead of running it, a program can call ``sample()`` whenever it is scraped.
public final class MetricsSampler: Sendable {
    /// What is read beside the registry.
    private struct Watched: Sendable {
        private var lastIdentifier = 0
        var sources: [Int: @Sendable () -> [PolicyReadings]?] = [:]

        mutating func add(_ source: @escaping @Sendable () -> [PolicyReadings]?) {
            lastIdentifier += 1
            sources[lastIdentifier] = source
        }
    }

    private struct State: Sendable {
        var plan: GaugePlan
        var gauges: [GaugeKey: Gauge] = [:]
        /// Counts samples by their beginning.
        var begun = 0
        /// The last sample, by its beginning, that has set the gauges.
        var applied = 0
    }

    private let registry: ResilienceRegistry?
    private let factory: any MetricsFactory
    private let timeline: Timeline
    private let interval: Int64
    private let state: Mutex<State>
    private let watched = Mutex(Watched())

    /// Creates a sampler that has set no gauge yet.
    ///
    /// - Parameters:
    ///   - registry: The policies to read; nil for none but those that are watched.
    ///   - factory: The metrics backend. Defaults to that of the task or of the process, which must be set up before.
    ///   - configuration: The bounds and the interval. Defaults to ``MetricsConfiguration/default``.
    ///   - clock: Measures the interval. Defaults to `ContinuousClock`.
    public init(
        _ registry: ResilienceRegistry?, factory: (any MetricsFactory)? = nil,
        configuration: MetricsConfiguration = .default, clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.registry = registry
        self.factory = factory ?? MetricsSystem.factory
        self.timeline = Timeline(clock)
        self.interval = configuration.samplingInterval.saturatingNanoseconds
        self.state = Mutex(State(plan: GaugePlan(limit: configuration.maxNames)))
    }

    deinit {
        for gauge in state.withLock({ $0.gauges }).values { gauge.destroy() }
    }

    /// Reads all policies now, sets their gauges, and destroys those of policies that are gone.
    public func sample() {
        let number = state.withLock { state in
            state.begun += 1
            return state.begun
        }
        let policies = (registry?.policyReadings() ?? []) + takeWatched()
        let counts = registry?.countReadings() ?? []
        // Under the lock, so that samples of two threads do not mix; a backend does no more than store a number.
        state.withLock { state in
            // Another thread has looked later than this one: what it saw is newer.
            guard number > state.applied else { return }
            state.applied = number
            var gone = state.gauges
            var told: Set<GaugeKey> = []
            // Of policies of one kind and name the first one is told.
            for reading in counts + state.plan.choose(policies) where told.insert(reading.key).inserted {
                let gauge = state.gauges[reading.key] ?? makeGauge(reading.key)
                state.gauges[reading.key] = gauge
                gone[reading.key] = nil
                gauge.record(reading.value)
            }
            for (key, gauge) in gone {
                gauge.destroy()
                state.gauges[key] = nil
            }
        }
    }

    /// Samples at once and then at each interval, until the task is cancelled.
    ///
    /// The gauges stay as they were last, until the sampler is deallocated. It has the form of a service of
    /// swift-service-lifecycle.
    ///
    /// - Throws: What the clock throws; not `CancellationError` of its own task.
    public func run() async throws {
        try await run(alongside: {})
    }

    /// Samples and does something else at each interval.
    func run(alongside work: () -> Void) async throws {
        while !Task.isCancelled {
            sample()
            work()
            do {
                try await timeline.sleep(nanoseconds: interval)
            } catch {
                guard Task.isCancelled else { throw error }
            }
        }
    }

    private func makeGauge(_ key: GaugeKey) -> Gauge {
        Gauge(label: key.label, dimensions: key.dimensions.map { ($0.name, $0.value) }, factory: factory)
    }

    /// Adds what is to be read at each sample, until it returns nil.
    func add(_ source: @escaping @Sendable () -> [PolicyReadings]?) {
        watched.withLock { $0.add(source) }
    }

    /// The readings of what is watched; what is deallocated is not watched any more.
    private func takeWatched() -> [PolicyReadings] {
        // Called outside the lock: a snapshot reads the policy's clock, which may be the user's code.
        let readings = watched.withLock { $0.sources }.mapValues { $0() }
        let gone = readings.filter { $0.value == nil }.keys
        if !gone.isEmpty { watched.withLock { watched in for id in gone { watched.sources[id] = nil } } }
        return readings.sorted { $0.key < $1.key }.flatMap { $0.value ?? [] }
    }
}
