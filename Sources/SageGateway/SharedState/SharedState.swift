import Logging
import SageResilience
import SageStorage
import ServiceLifecycle

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What this instance shares with others that serve the same targets: the state of their circuit breakers, and the
/// limits a minute where the configuration says so.
///
/// Requests never wait for breakers, and for limits no longer than a small time limit. A store that is away is told in the log once, in `/status` and in the metrics.
final class SharedState: Service {
    /// The breakers that are shared.
    let breakers: SharedBreakers
    /// The limits that are shared; nil where each instance has its own.
    private let limits: SharedLimits?
    private let opened: OpenedStateStore
    private let targets: @Sendable () -> [RouteTarget]
    private let url: String
    private let interval: Duration
    private let clock: any Clock<Duration>

    /// How long the start of the server waits for what the store remembers, at most.
    private static let longestStart = Duration.seconds(2)

    /// - Parameters:
    ///   - configuration: Where state is shared, and how.
    ///   - opened: The store.
    ///   - limits: The limits that are shared in it. Defaults to none.
    ///   - targets: The targets that exist now.
    ///   - clock: The time in which it lives.
    ///   - logger: Is told when the store goes away and comes back.
    /// - Throws: `ConfigurationError` for what the engine refuses.
    init(
        _ configuration: GatewayConfiguration, _ opened: OpenedStateStore, limits: SharedLimits? = nil,
        targets: @escaping @Sendable () -> [RouteTarget], clock: any Clock<Duration> = ContinuousClock(),
        logger: Logger
    ) throws {
        let shared = configuration.storage.shared
        self.opened = opened
        self.limits = limits
        self.targets = targets
        self.url = configuration.storage.state.resolved(in: configuration.dataDirectory).publicDescription
        self.interval = shared.interval
        self.clock = clock
        let store = opened.store.name
        breakers = SharedBreakers(
            opened.store, instance: Self.instance(configuration),
            configuration: try SharedBreakersConfiguration(interval: shared.interval, quorum: shared.quorum),
            clock: clock, onEvent: { $0.log(to: logger, store: store, what: "breakers") })
        attachTargets()
    }

    /// The name of this instance, the same after a restart: what listens at an address of a host.
    ///
    /// A port that the system chooses is another one each time, and so is the name.
    private static func instance(_ configuration: GatewayConfiguration) -> String {
        let port = configuration.server.port
        let place = port == 0 ? "process-\(ProcessInfo.processInfo.processIdentifier)" : "\(port)"
        return "\(ProcessInfo.processInfo.hostName):\(configuration.server.host):\(place)"
    }

    /// Takes up what the store remembers, before the first request is served; a store that is away is not waited for.
    func begin() async {
        guard let limiter = try? TimeLimiter(Self.longestStart, mode: .abandoning(maxRunning: 1), clock: clock) else {
            return
        }
        // The loop tries again, and says what is wrong.
        try? await limiter.execute { [breakers, limits] in
            try await breakers.synchronize()
            // On a connection that is there now: the first request is not to wait for one.
            await limits?.turn()
        }
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.breakers.run() }
                group.addTask { await self.followTargets() }
                if let limits = self.limits { group.addTask { await limits.run() } }
                await group.waitForAll()
            }
        }
        await limits?.finish()
        await opened.close()
    }

    /// Shares the targets that clients have named since, and forgets those that are no more.
    private func followTargets() async {
        while !Task.isCancelled {
            attachTargets()
            try? await clock.sleep(for: interval)
        }
    }

    private func attachTargets() {
        let present = targets().map(\.breaker)
        for breaker in present where !breakers.isAttached(breaker) { breakers.attach(breaker) }
        let identities = Set(present.map(ObjectIdentifier.init))
        for breaker in breakers.breakers where !identities.contains(ObjectIdentifier(breaker)) {
            breakers.detach(breaker)
        }
    }

    /// How the store is, for `/status`, `/health` and the metrics.
    var status: StoreStatus {
        let breakers = breakers.health
        let limits = limits?.health
        return StoreStatus(
            name: "state", url: url, isUp: breakers.isUp && limits?.isUp != false, lagSeconds: breakers.lag?.seconds,
            error: breakers.error ?? limits?.error)
    }
}

extension StoreEvent {
    /// - Parameter what: What is shared there: `breakers` or `limits`.
    func log(to logger: Logger, store: String, what: String) {
        let facts: Logger.Metadata = ["store": .string(store), "what": .string(what)]
        switch self {
        case .lost(let error):
            logger.warning(
                "shared state is away: this instance goes on by itself",
                metadata: facts.merging(["error": .string(error)]) { $1 })
        case .reached(let time):
            logger.notice(
                "shared state is back",
                metadata: facts.merging(["away_ms": .stringConvertible(time.wholeMilliseconds)]) { $1 })
        case .nameTaken(let name):
            logger.warning(
                "another process shares state under the name of this one",
                metadata: facts.merging(["instance": .string(name)]) { $1 })
        @unknown default:
            break
        }
    }
}
