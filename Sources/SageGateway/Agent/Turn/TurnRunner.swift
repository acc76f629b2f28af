import ServiceLifecycle
import Synchronization

/// Runs turns to their end, whoever still listens.
///
/// A turn belongs to the server and not to the connection on which it was asked for: what a client has paid for is not
/// lost when it goes away. A client that comes back finds the turn by its idempotency key.
final class TurnRunner: Service {
    typealias Work = @Sendable (TurnFeed) async -> Void

    /// A conversation by the store's name for it, byte by byte: texts that look the same may be two.
    private struct Key: Hashable {
        let session: [UInt8]

        init(_ session: String) { self.session = Array(session.utf8) }
    }

    private struct Turn {
        let feed: TurnFeed
        let idempotencyKey: [UInt8]?
    }

    private struct State {
        var turns: [Key: [Turn]] = [:]
        var isStopping = false
        var lookouts: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let monitor = ConnectionMonitor()
    private let maximum: Int
    private let jobs: AsyncStream<@Sendable () async -> Void>
    private let queue: AsyncStream<@Sendable () async -> Void>.Continuation

    /// - Parameter maximum: The most turns at the same time.
    init(maximum: Int = 10_000) {
        self.maximum = maximum
        (jobs, queue) = AsyncStream.makeStream()
    }

    /// The number of turns under way.
    var count: Int { state.withLock { $0.turns.values.reduce(0) { $0 + $1.count } } }

    /// Finds a turn of a conversation that is under way in this process and has not told its end yet.
    ///
    /// - Parameter idempotencyKey: The key that it must have.
    func find(_ session: String, idempotencyKey: String) -> TurnFeed? {
        let wanted = Array(idempotencyKey.utf8)
        let feed = state.withLock { $0.turns[Key(session)]?.last { $0.idempotencyKey == wanted }?.feed }
        return feed.flatMap { $0.ending == nil ? $0 : nil }
    }

    /// Whether another turn can begin.
    ///
    /// - Throws: ``GatewayError`` while too many are under way, and once the server shuts down.
    func checkRoom() throws(GatewayError) {
        if state.withLock({ $0.isStopping }) {
            throw GatewayError(.interrupted, "the server is shutting down", retryAfter: .seconds(1))
        }
        guard count < maximum else {
            throw GatewayError(
                .overloaded, "\(maximum) turns are under way, as many as allowed", retryAfter: .seconds(1))
        }
    }

    /// Begins a turn.
    ///
    /// - Parameters:
    ///   - session: The store's name of the conversation.
    ///   - idempotencyKey: The key by which the turn is found again.
    ///   - feed: What the turn tells its clients.
    ///   - work: Runs the turn until it ends or its task is cancelled.
    func start(_ session: String, idempotencyKey: String?, _ feed: TurnFeed, _ work: @escaping Work) {
        let key = Key(session)
        let turn = Turn(feed: feed, idempotencyKey: idempotencyKey.map { Array($0.utf8) })
        state.withLock { $0.turns[key, default: []].append(turn) }
        let result = queue.yield { [self] in
            // It was interrupted, and has told so itself.
            try? await monitor.whileConnected { await work(feed) }
            end(key, feed)
        }
        // Nobody runs turns any more.
        if case .terminated = result { end(key, feed) }
    }

    private func end(_ key: Key, _ feed: TurnFeed) {
        feed.send(.error(GatewayError(.interrupted, "the server is shutting down", retryAfter: .seconds(1))))
        let lookouts = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.turns[key]?.removeAll { $0.feed === feed }
            if state.turns[key]?.isEmpty == true { state.turns[key] = nil }
            guard state.turns.isEmpty else { return [] }
            defer { state.lookouts = [] }
            return state.lookouts
        }
        for lookout in lookouts { lookout.resume() }
    }

    /// Lets no further turn begin, and waits until none is under way.
    func drain() async {
        await withCheckedContinuation { continuation in
            let isIdle = state.withLock { state in
                state.isStopping = true
                guard !state.turns.isEmpty else { return true }
                state.lookouts.append(continuation)
                return false
            }
            if isIdle { continuation.resume() }
        }
    }

    /// Interrupts every turn, so that each is marked and can be resumed.
    func interruptAll() {
        state.withLock { $0.isStopping = true }
        monitor.interrupt()
    }

    /// Runs turns until the server has shut down; a cancellation interrupts those that are under way.
    func run() async {
        await cancelWhenGracefulShutdown { [self] in
            await withDiscardingTaskGroup { group in
                for await job in jobs { group.addTask { await job() } }
                interruptAll()
            }
        }
        queue.finish()
    }
}
