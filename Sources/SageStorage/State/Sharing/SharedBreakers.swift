public import SageResilience
import Synchronization

/// Shares circuit breakers with other instances of the program, and with its own next start, through a store.
///
/// ```swift
/// let shared = SharedBreakers(stateStore, instance: "worker-1")
/// shared.attach(breaker)
/// try await withThrowingTaskGroup(of: Void.self) { group in
///     group.addTask { await shared.run() }
///     try await serve()
///     group.cancelAll()
/// }
/// ```
///
/// What others report is advice; each breaker judges its own calls as before.
/// - *Opening*: when ``SharedBreakersConfiguration/quorum`` other instances are open by their own judgement, this one
///   opens for as long as that many of them stay open. Who only follows is no evidence for others. What was reported
///   before this breaker last closed, or before the last recovery, is out of date.
/// - *Half-open*: a probe needs a lease, so that all instances together send no more than
///   `halfOpenMaxCalls`. An instance's share of them is fetched when the
///   recovery time ends, more as calls ask for them. A lease that lies unused while others want one is given back.
/// - *Verdict*: results are counted together. When they decide, half-open breakers and those that followed advice close
///   or open with them; one that is open by its own judgement then begins to probe.
/// - *Restart*: what this instance reported before, under the same name, is taken up with the time that is left; states
///   that were set by hand, too.
///
/// Calls never wait for the store, and its errors never count against the guarded service. When it is away, every
/// instance goes on by itself with its own limit of probes, says so once, and tries again with growing pauses; when it
/// is back, the present state is told and read.
///
/// Thread-safe.
public final class SharedBreakers: Sendable {
    /// The name under which this instance reports.
    public let instance: String
    /// How it works with the store.
    public let configuration: SharedBreakersConfiguration

    let store: any StateStore
    let timeline: Timeline
    let random: RandomSource
    private let onEvent: @Sendable (StoreEvent) -> Void
    let wake = WakeSignal()
    private let state = Mutex(State())

    struct State: Sendable {
        /// By the bytes of their names.
        var links: [[UInt8]: SharedBreaker] = [:]
        var epoch: Int64?
        var sequence: Int64 = 0
        var isUp = true
        var isNameTaken = false
        var lostAt: Moment?
        var failures = 0
        var error: String?
        var viewedAt: Moment?
        var nextView = Moment(nanoseconds: .min)
        var nextPublication = Moment(nanoseconds: .min)
    }

    /// Prepares the sharing; nothing is done before ``run()``.
    ///
    /// - Parameters:
    ///   - store: Where the state is shared.
    ///   - instance: The name of this instance, the same after a restart, unlike that of any other.
    ///   - configuration: How to work with the store; nil takes the defaults.
    ///   - clock: The clock by which the loop waits. Defaults to `ContinuousClock`.
    ///   - random: Where the jitter comes from. Defaults to the system's generator.
    ///   - onEvent: Hears when the store is lost and reached again. Defaults to nobody.
    public init(
        _ store: any StateStore, instance: String, configuration: SharedBreakersConfiguration? = nil,
        clock: any Clock<Duration> = ContinuousClock(), random: RandomSource = .system,
        onEvent: @escaping @Sendable (StoreEvent) -> Void = { _ in }
    ) {
        self.store = store
        self.instance = instance
        self.configuration = configuration ?? .standard
        self.timeline = Timeline(clock)
        self.random = random
        self.onEvent = onEvent
    }

    /// Shares a breaker from now on, under its name.
    ///
    /// - Parameter breaker: The breaker; one of the same name that was attached before is left to itself.
    public func attach(_ breaker: CircuitBreaker) {
        let link = SharedBreaker(breaker, timeline: timeline, patience: configuration.patience, wake: wake)
        let previous = withState { state in
            let previous = state.links.updateValue(link, forKey: Array(breaker.name.utf8))
            // What it is must be known before the first probe.
            state.nextView = Moment(nanoseconds: .min)
            return previous
        }
        if let previous, previous.breaker !== breaker { previous.breaker.connect(to: nil) }
        breaker.connect(to: link)
        wake.set()
    }

    /// Leaves a breaker to itself again.
    public func detach(_ breaker: CircuitBreaker) {
        let link = withState { state -> SharedBreaker? in
            let name = Array(breaker.name.utf8)
            guard state.links[name]?.breaker === breaker else { return nil }
            return state.links.removeValue(forKey: name)
        }
        if link != nil { breaker.connect(to: nil) }
    }

    /// Whether the breaker is shared by this.
    public func isAttached(_ breaker: CircuitBreaker) -> Bool {
        withState { $0.links[Array(breaker.name.utf8)]?.breaker === breaker }
    }

    /// The breakers that are shared.
    public var breakers: [CircuitBreaker] { links.map(\.breaker) }

    /// How this instance stands with the store.
    public var health: StoreHealth {
        let now = timeline.now
        return withState { state in
            StoreHealth(
                store: store.name, isUp: state.isUp, lag: state.viewedAt.map { .nanoseconds(now.elapsed(since: $0)) },
                error: state.error)
        }
    }

    /// Does once what ``run()`` repeats, for a program that wants to know what the store remembers before it begins.
    ///
    /// To be called before ``run()``, not beside it.
    ///
    /// - Throws: When the store failed; ``run()`` then tries again and says so.
    public func synchronize() async throws {
        try await turn()
        reached()
    }

    /// Shares until the task is cancelled; then every breaker is left to its own limit of probes.
    ///
    /// To be called once.
    public func run() async {
        while !Task.isCancelled {
            do {
                try await turn()
                reached()
                await wake.wait(until: nextWake(), on: timeline)
            } catch {
                guard !Task.isCancelled else { break }
                let pause = lost(error)
                try? await timeline.sleep(nanoseconds: pause)
            }
        }
        for link in links { link.goLocal() }
    }

    func withState<Value: Sendable>(_ body: (inout State) -> Value) -> Value {
        state.withLock { body(&$0) }
    }

    var links: [SharedBreaker] { withState { Array($0.links.values) } }

    func tell(_ event: StoreEvent) { onEvent(event) }

    private func reached() {
        let now = timeline.now
        let down = withState { state -> Duration? in
            defer {
                state.isUp = true
                state.lostAt = nil
                state.failures = 0
                state.error = nil
            }
            return state.lostAt.map { .nanoseconds(now.elapsed(since: $0)) }
        }
        if let down { tell(.reached(after: down)) }
    }

    /// - Returns: How long to wait before the next try, in nanoseconds.
    private func lost(_ error: any Error) -> Int64 {
        let text = StoreEvent.text(error)
        let now = timeline.now
        let (isNew, failures) = withState { state in
            let isNew = state.lostAt == nil
            state.isUp = false
            state.error = text
            state.lostAt = state.lostAt ?? now
            state.failures += 1
            state.nextView = Moment(nanoseconds: .min)
            state.nextPublication = Moment(nanoseconds: .min)
            return (isNew, state.failures)
        }
        for link in links {
            link.goLocal()
            // What was told may be gone with the store.
            link.withState { $0.isDirty = true }
        }
        if isNew { tell(.lost(text)) }
        let longest = configuration.maxBackoff.saturatingNanoseconds
        let shortest = configuration.interval.saturatingNanoseconds / 2
        let grown = shortest.multipliedSaturating(by: 1 << Int64(min(20, failures - 1)))
        return Int64(saturating: Double(min(longest, grown)) * (0.9 + 0.2 * random.unitInterval()))
    }
}

extension SharedBreakersConfiguration {
    /// The defaults, which are in range.
    static let standard: SharedBreakersConfiguration = {
        do {
            return try SharedBreakersConfiguration()
        } catch {
            preconditionFailure("Internal inconsistency: the defaults are out of range: \(error)")
        }
    }()
}
