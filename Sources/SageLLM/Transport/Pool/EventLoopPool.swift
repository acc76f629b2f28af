import NIOCore
import Synchronization

/// All connections of a transport on one event loop.
final class EventLoopPool {
    /// The most URLs and origins that are remembered while nothing goes on with them.
    private static let maxRemembered = 1_024

    /// A URL and the pool of its origin.
    private struct Route {
        let url: UpstreamURL
        let pool: OriginPool
    }

    private let reference: EventLoopPoolReference
    private let settings: PoolSettings
    private var routes: [String: Route] = [:]
    private var origins: [UpstreamOrigin: OriginPool] = [:]
    /// Where heads are written: used again once the last one is on its way.
    private var scratch = ByteBuffer()
    private var isShutDown = false

    init(_ reference: EventLoopPoolReference, settings: PoolSettings) {
        self.reference = reference
        self.settings = settings
    }

    /// Sends a request; what comes of it, the body tells.
    func submit(_ request: UpstreamRequest, _ body: UpstreamBody) {
        guard !isShutDown else { return body.finish(.failure(.cancelled)) }
        do throws(UpstreamFailure) {
            let route = try route(request.url)
            scratch.clear()
            let traits = try RequestHead.write(request, to: route.url, into: &scratch)
            let prepared = PreparedRequest(head: scratch, body: request.body, traits: traits)
            guard body.attach(reference) else { return }
            route.pool.submit(prepared, body)
        } catch {
            body.finish(.failure(error))
        }
    }

    private func route(_ text: String) throws(UpstreamFailure) -> Route {
        if let route = routes[text] { return route }
        if routes.count >= Self.maxRemembered { routes.removeAll() }
        let url = try UpstreamURL(text)
        let route = Route(url: url, pool: pool(of: url.origin))
        routes[text] = route
        return route
    }

    private func pool(of origin: UpstreamOrigin) -> OriginPool {
        if let pool = origins[origin] { return pool }
        if origins.count >= Self.maxRemembered {
            origins = origins.filter { !$0.value.state.isEmpty }
            // A route to a pool that was let go of would make connections that nobody closes.
            routes.removeAll()
        }
        let pool = OriginPool(origin, eventLoop: reference.eventLoop, settings: settings)
        origins[origin] = pool
        return pool
    }

    /// Ends an exchange that waits for a connection.
    func cancel(_ body: UpstreamBody) {
        for pool in origins.values where pool.cancel(body) { return }
    }

    /// Closes what is idle and refuses further requests.
    func shutDown() {
        isShutDown = true
        for pool in origins.values { pool.shutDown() }
        origins.removeAll()
        routes.removeAll()
    }

    /// How many connections there are.
    var counts: PooledTransport.Counts {
        origins.values.reduce(into: PooledTransport.Counts()) { counts, pool in
            counts.idle += pool.state.idle.count
            counts.inUse += pool.state.leased
            counts.connecting += pool.state.connecting
            counts.waiting += pool.state.waiting.count
        }
    }
}

/// The pool of an event loop as it is seen from other threads; the source of exchanges that wait for a connection.
final class EventLoopPoolReference: UpstreamSource {
    let eventLoop: any EventLoop
    private let settings: PoolSettings
    /// Made on the event loop with the first request.
    private let box: NIOLoopBoundBox<EventLoopPool?>

    init(_ eventLoop: any EventLoop, settings: PoolSettings) {
        self.eventLoop = eventLoop
        self.settings = settings
        box = NIOLoopBoundBox.makeEmptyBox(valueType: EventLoopPool.self, eventLoop: eventLoop)
    }

    /// Sends a request, at once if the current thread is the event loop's.
    func submit(_ request: UpstreamRequest, _ body: UpstreamBody) {
        onLoop { $0.submit(request, body) }
    }

    /// Closes what is idle and refuses further requests.
    func shutDown() {
        onLoop { $0.shutDown() }
    }

    /// How many connections there are; on the event loop only.
    var countsOnLoop: PooledTransport.Counts { pool.counts }

    /// How many connections there are.
    func counts() async -> PooledTransport.Counts {
        await withCheckedContinuation { continuation in
            onLoop { continuation.resume(returning: $0.counts) }
        }
    }

    func cancel(_ body: UpstreamBody) {
        onLoop { $0.cancel(body) }
    }

    func resume(_ body: UpstreamBody) {}

    func watch(_ body: UpstreamBody, until deadline: NIODeadline, in delay: TimeAmount) {}

    func unwatch(_ body: UpstreamBody) {}

    private func onLoop(_ act: @escaping @Sendable (EventLoopPool) -> Void) {
        guard !eventLoop.inEventLoop else { return act(pool) }
        eventLoop.execute { act(self.pool) }
    }

    private var pool: EventLoopPool {
        if let pool = box.value { return pool }
        let pool = EventLoopPool(self, settings: settings)
        box.value = pool
        return pool
    }
}
