import Logging
import SageResilience
import SageStorage
import Synchronization

/// The limits a minute that count for all instances together: asks the store for permits, and tells it what was used.
///
/// A request asks once for everything that it needs of a provider and its model, and waits no longer than the store's
/// time limit. Without an answer in that time the limiters of this instance decide, with the whole limit, since nobody
/// knows how many others there are; they have noted what this instance has used before. When the store is back it is
/// told what was granted without it. What a request has used in the end is told in the background.
///
/// Thread-safe.
final class SharedLimits: Sendable {
    private let store: RateLimitStore
    private let clock: any Clock<Duration>
    private let timeline: Timeline
    private let interval: Duration
    private let wake: WakeSignal
    private let use: Mutex<SharedUse>
    private let askedAt: Atomic<Int64>

    /// How long the end of the server waits until the store has heard of the last requests.
    private static let longestFarewell = Duration.seconds(1)
    /// Corrections in one message.
    private static let mostAtOnce = StateLimits.mostDemands

    /// - Parameters:
    ///   - store: Where permits are counted.
    ///   - configuration: How long a request waits for the store, and how often it is asked for a sign of life.
    ///   - clock: The time in which it lives.
    ///   - onEvent: Hears when the store goes away and comes back.
    /// - Throws: `ConfigurationError` for what the engine refuses.
    init(
        _ store: any StateStore, _ configuration: GatewayConfiguration.Storage.Shared,
        clock: any Clock<Duration> = ContinuousClock(), onEvent: @escaping @Sendable (StoreEvent) -> Void = { _ in }
    ) throws(ConfigurationError) {
        let wake = WakeSignal()
        self.wake = wake
        self.clock = clock
        self.timeline = Timeline(clock)
        self.interval = configuration.interval
        self.store = try RateLimitStore(
            store, SharedRateLimiterConfiguration(timeLimit: configuration.timeout), clock: clock
        ) { event in
            onEvent(event)
            if case .reached = event { wake.set() }
        }
        // Last: the optimizer of Swift 6.3 crashes where an initializer that has stored an atomic fails.
        self.use = Mutex(SharedUse())
        self.askedAt = Atomic(.min)
    }

    /// The limits that a configuration shares; nil where each instance counts for itself.
    convenience init?(
        _ opened: OpenedStateStore, _ configuration: GatewayConfiguration.Storage.Shared, logger: Logger
    ) throws(ConfigurationError) {
        guard configuration.sharedLimits else { return nil }
        let store = opened.store.name
        try self.init(opened.store, configuration, onEvent: { $0.log(to: logger, store: store, what: "limits") })
    }

    /// How the limits stand with the store.
    var health: StoreHealth { store.health }

    // MARK: Requests

    /// The answer to a request.
    enum Answer: Sendable {
        /// Everything was taken.
        case granted(SharedHold)
        /// Nothing was taken; all of it is free at this moment, if nobody else takes any. The share is the one that
        /// keeps it waiting.
        case wait(Duration, until: Moment, for: SharedShare)
        /// The store is away: this instance decides alone.
        case away
    }

    /// Asks for permits of several accounts: all of them or none.
    ///
    /// - Parameter shares: What to take, each of another account.
    /// - Throws: `CancellationError`.
    func take(_ shares: [SharedShare]) async throws(CancellationError) -> Answer {
        let now = timeline.now
        askedAt.store(now.nanoseconds, ordering: .relaxed)
        switch try await store.take(shares.map(\.demand)) {
        case .granted(let grant):
            for (share, remaining) in zip(shares, grant.remaining) { share.account.noteRemaining(remaining) }
            return .granted(SharedHold(limits: self, shares: shares, origin: .store(grant.takenAt)))
        case .wait(let wait, let demand) where shares.indices.contains(demand):
            // Of tokens there may be some, only not enough.
            if shares[demand].permits == 1 { shares[demand].account.noteRemaining(0) }
            return .wait(
                wait, until: timeline.now.advanced(by: wait.saturatingNanoseconds), for: shares[demand])
        case .wait, .tooLarge, nil:
            return .away
        }
    }

    /// Notes what this instance has granted because the store is away.
    func grant(_ shares: [SharedShare]) -> SharedHold {
        let absence = use.withLock { use in
            for share in shares { use.grant(share.permits, of: share.account) }
            return use.absence
        }
        return SharedHold(limits: self, shares: shares, origin: .instance(absence: absence))
    }

    /// Corrects what a request has taken.
    ///
    /// - Parameters:
    ///   - changes: What was taken, and what was used.
    ///   - origin: Who has granted it.
    func correct(_ changes: [(share: SharedShare, actual: Int)], _ origin: SharedHold.Origin) {
        let isUrgent = use.withLock { use in
            switch origin {
            case .store(let takenAt):
                let wasEmpty = use.isEmpty
                use.add(
                    .init(
                        corrections: changes.map { Self.correction($0.share, $0.share.permits, $0.actual) },
                        takenAt: takenAt))
                return wasEmpty
            case .instance(use.absence):
                for change in changes { use.grant(change.actual - change.share.permits, of: change.share.account) }
                return false
            case .instance:
                // The store has been told the estimate, and nobody knows any more when that was taken: what was not
                // used comes back by itself.
                let beyond = changes.filter { $0.actual > $0.share.permits }
                guard !beyond.isEmpty else { return false }
                use.add(
                    .init(
                        corrections: beyond.map { Self.correction($0.share, $0.share.permits, $0.actual) },
                        takenAt: StoreInstant(microseconds: 0)))
                return true
            }
        }
        if isUrgent { wake.set() }
    }

    private static func correction(_ share: SharedShare, _ reserved: Int, _ actual: Int) -> RateCorrection {
        RateCorrection(share.account.name, share.account.rule, reserved: reserved, actual: actual)
    }

    // MARK: In the background

    /// Tells the store what was used, and finds out whether it is there, until the task is cancelled.
    ///
    /// To be called once.
    func run() async {
        while !Task.isCancelled {
            await turn()
            await wake.wait(until: timeline.now.advanced(by: interval.saturatingNanoseconds), on: timeline)
        }
    }

    /// Tells the store the rest, at the end.
    func finish() async {
        guard let limiter = try? TimeLimiter(Self.longestFarewell, mode: .abandoning(maxRunning: 1), clock: clock)
        else { return }
        try? await limiter.execute { [self] in await tell() }
    }

    /// Does once what ``run()`` repeats.
    func turn() async {
        let now = timeline.now
        let sinceAsked = now.elapsed(since: Moment(nanoseconds: askedAt.load(ordering: .relaxed)))
        // Those who ask find out by themselves, except that it is better not to be the one who tries whether it is back.
        if !store.health.isUp || sinceAsked >= interval.saturatingNanoseconds {
            askedAt.store(now.nanoseconds, ordering: .relaxed)
            await store.check()
        }
        await tell()
    }

    private func tell() async {
        guard store.health.isUp else { return }
        let grants = use.withLock { $0.endAbsence() }
        for start in stride(from: 0, to: grants.count, by: Self.mostAtOnce) {
            let part = Array(grants[start..<min(start + Self.mostAtOnce, grants.count)])
            // Lost on the way, they are not told again: told twice they would keep everybody waiting.
            await store.settle(part, takenAt: StoreInstant(microseconds: 0))
        }
        while let settlement = use.withLock({ $0.takeSettlement() }) {
            guard await store.settle(settlement.corrections, takenAt: settlement.takenAt) else { return }
        }
    }
}
