package import NIOCore
import NIOPosix
import NIOSSL
public import SageResilience
import Synchronization

/// Sends requests over HTTP/1.1, with a pool of connections for each event loop.
///
/// An exchange runs on the event loop that its request names. For a caller that runs there too nothing changes threads,
/// from the request to the last byte of the answer: the data path of a gateway. Other callers lose nothing but that.
///
/// What it guarantees:
/// - Nothing is sent twice. A connection that breaks fails its exchange with `closedBeforeRequest` only when the head of
///   the request was certainly not handed to the network as a whole.
/// - An answer that could be read in two ways is refused (RFC 9112, sections 6.3 and 11), and so is one that is
///   encoded without the caller having asked for it.
/// - All that is kept is bounded: heads, unread bodies, connections, requests that wait.
///
/// The pools come into being with the first request. A transport that is dropped closes its idle connections, and each
/// other one at the end of its exchange. Thread-safe.
public final class PooledTransport: UpstreamTransport {
    private struct State {
        var pools: [ObjectIdentifier: EventLoopPoolReference] = [:]
        var isShutDown = false
    }

    /// How many connections there are, and requests that wait for one.
    package struct Counts: Sendable, Equatable {
        package var idle = 0
        package var inUse = 0
        package var connecting = 0
        package var waiting = 0

        package init(idle: Int = 0, inUse: Int = 0, connecting: Int = 0, waiting: Int = 0) {
            self.idle = idle
            self.inUse = inUse
            self.connecting = connecting
            self.waiting = waiting
        }
    }

    private let settings: PoolSettings
    private let group: any EventLoopGroup
    private let state = Mutex(State())

    /// Creates a transport with pools of its own and the default configuration.
    ///
    /// - Parameter connectTimeout: How long to wait for a connection, TLS included. Defaults to 5 s.
    public convenience init(connectTimeout: Duration = .seconds(5)) {
        var configuration = PooledTransportConfiguration()
        configuration.connectTimeout = connectTimeout
        self.init(checked: configuration, tls: ClientTLS(), group: MultiThreadedEventLoopGroup.singleton)
    }

    /// Creates a transport with pools of its own.
    ///
    /// - Parameter configuration: Limits and trust. A file of certificates is read here.
    /// - Throws: `ConfigurationError` for a value out of its range, and for a file that cannot be used.
    public convenience init(_ configuration: PooledTransportConfiguration) throws(ConfigurationError) {
        try self.init(configuration, group: MultiThreadedEventLoopGroup.singleton)
    }

    /// - Parameter group: Where the exchanges run whose requests name no event loop and come from none.
    package convenience init(
        _ configuration: PooledTransportConfiguration, group: any EventLoopGroup
    ) throws(ConfigurationError) {
        try configuration.validate()
        let tls = ClientTLS(certificateAuthorities: configuration.certificateAuthorities)
        if let file = configuration.certificateAuthorities {
            do throws(UpstreamFailure) {
                _ = try tls.context()
            } catch {
                throw ConfigurationError(
                    field: "certificateAuthorities", value: file, allowed: "a file of certificates in PEM")
            }
        }
        self.init(checked: configuration, tls: tls, group: group)
    }

    private init(checked configuration: PooledTransportConfiguration, tls: ClientTLS, group: any EventLoopGroup) {
        settings = PoolSettings(
            connectTimeout: TimeAmount(configuration.connectTimeout),
            idleTimeout: TimeAmount(configuration.idleTimeout),
            limits: .init(
                connections: configuration.maxConnections, idle: configuration.maxIdleConnections,
                waiters: configuration.maxWaitingRequests),
            tls: tls)
        self.group = group
    }

    deinit {
        for pool in state.withLock({ $0.pools.values }) { pool.shutDown() }
    }

    /// Sends a request and waits for the head of its answer.
    ///
    /// - Parameter request: The request.
    /// - Throws: ``UpstreamFailure``; `cancelled` after ``shutdown()`` and for a task that is cancelled.
    public func send(_ request: UpstreamRequest) async throws(UpstreamFailure) -> UpstreamResponse {
        // Before anything is sent: an answer that comes at once would win over the cancellation.
        guard !Task.isCancelled, let pool = pool(request.eventLoop) else { throw .cancelled }
        let deadline = request.responseHeadersTimeout.map { NIODeadline.now().saturatingAdding(TimeAmount($0)) }
        let body = UpstreamBody(awaitingHeadUntil: deadline)
        pool.submit(request, body)
        return try await body.response()
    }

    /// Closes idle connections, turns away what waits for one, and refuses further requests.
    ///
    /// Exchanges go on to their end.
    public func shutdown() async {
        let pools = state.withLock { state in
            defer { state.pools.removeAll() }
            state.isShutDown = true
            return Array(state.pools.values)
        }
        for pool in pools {
            pool.shutDown()
            // After it on the same event loop.
            _ = await pool.counts()
        }
    }

    /// How many connections there are on all event loops.
    package func counts() async -> Counts {
        var sum = Counts()
        for pool in state.withLock({ Array($0.pools.values) }) {
            let counts = await pool.counts()
            sum.idle += counts.idle
            sum.inUse += counts.inUse
            sum.connecting += counts.connecting
            sum.waiting += counts.waiting
        }
        return sum
    }

    private func pool(_ eventLoop: (any EventLoop)?) -> EventLoopPoolReference? {
        let eventLoop = eventLoop ?? MultiThreadedEventLoopGroup.currentEventLoop ?? group.any()
        return state.withLock { state in
            guard !state.isShutDown else { return nil }
            if let pool = state.pools[ObjectIdentifier(eventLoop)] { return pool }
            let pool = EventLoopPoolReference(eventLoop, settings: settings)
            state.pools[ObjectIdentifier(eventLoop)] = pool
            return pool
        }
    }
}
