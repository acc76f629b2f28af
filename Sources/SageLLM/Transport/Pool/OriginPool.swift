import NIOCore
import NIOPosix
import NIOSSL

/// The connections to one origin on one event loop.
final class OriginPool {
    /// A request that waits for a connection.
    struct Waiter {
        let request: PreparedRequest
        let body: UpstreamBody
    }

    private let origin: UpstreamOrigin
    private let eventLoop: any EventLoop
    private let settings: PoolSettings
    private(set) var state: OriginPoolState<UpstreamConnection, Waiter>
    private var timer: Scheduled<Void>?
    private var armed: NIODeadline?

    init(_ origin: UpstreamOrigin, eventLoop: any EventLoop, settings: PoolSettings) {
        self.origin = origin
        self.eventLoop = eventLoop
        self.settings = settings
        state = OriginPoolState(settings.limits)
    }

    // MARK: Requests

    /// Sends a request on a connection, now or when there is one.
    func submit(_ request: PreparedRequest, _ body: UpstreamBody) {
        if let idle = state.idle.last {
            // Usual, so that it should not pay for the clock.
            _ = state.submit(Waiter(request: request, body: body), until: .distantFuture)
            begin(Waiter(request: request, body: body), on: idle.connection)
            return
        }
        let deadline = NIODeadline.now().saturatingAdding(settings.connectTimeout)
        let headDeadline = body.headDeadline ?? .distantFuture
        switch state.submit(Waiter(request: request, body: body), until: min(deadline, headDeadline)) {
        case .use(let connection):
            begin(Waiter(request: request, body: body), on: connection)
        case .wait(let connects):
            arm(min(deadline, headDeadline))
            if connects { connect() }
        case .refuse:
            body.finish(.failure(.connection(.connectFailed, detail: "too many requests wait for a connection")))
        }
    }

    /// Forgets a request that waits.
    func cancel(_ body: UpstreamBody) -> Bool {
        !state.removeWaiters { $0.waiter.body === body }.isEmpty
    }

    private func begin(_ waiter: Waiter, on connection: UpstreamConnection) {
        guard !connection.start(waiter.request, waiter.body) else { return }
        place(connection, state.released(), keepAliveSeconds: nil)
    }

    // MARK: Connections

    /// Takes a connection back.
    ///
    /// - Parameter keepAliveSeconds: How long the server keeps it open, where it says so.
    func released(_ connection: UpstreamConnection, keepAliveSeconds: Int?) {
        place(connection, state.released(), keepAliveSeconds: keepAliveSeconds)
    }

    /// A connection is gone, wherever it was.
    func closed(_ connection: UpstreamConnection) {
        state.closed(connection)
        connectIfWanted()
    }

    private func place(
        _ connection: UpstreamConnection, _ placement: OriginPoolState<UpstreamConnection, Waiter>.Placement,
        keepAliveSeconds: Int?
    ) {
        var placement = placement
        // Those who gave up while they waited are passed over.
        while case .serve(let waiter) = placement {
            guard !connection.start(waiter.request, waiter.body) else { return }
            placement = state.released()
        }
        switch placement {
        case .serve: break
        case .park:
            var limit = settings.idleTimeout
            // Leaves the request time to arrive before the server closes.
            if let keepAliveSeconds { limit = min(limit, .seconds(max(0, min(Int64(keepAliveSeconds), 86_400) - 1))) }
            let expiry = NIODeadline.now().saturatingAdding(limit)
            state.park(connection, until: expiry)
            arm(expiry)
        case .close:
            // It counts as one in use until it says that it is closed.
            state.lease()
            connection.close()
        }
    }

    private func connectIfWanted() {
        if state.beginConnecting() { connect() }
    }

    private func connect() {
        let deadline = NIODeadline.now().saturatingAdding(settings.connectTimeout)
        let connector: Connector
        do throws(UpstreamFailure) {
            connector = try Connector(origin, eventLoop: eventLoop, settings: settings)
        } catch {
            return connectFailed(error)
        }
        connector.connect(by: deadline) { result in
            switch result {
            case .success(let connection):
                guard connection.join(self) else {
                    return self.connectFailed(.connection(.connectFailed, detail: "the connection was closed"))
                }
                self.place(connection, self.state.connected(), keepAliveSeconds: nil)
            case .failure(let failure):
                self.connectFailed(failure)
            }
        }
    }

    private func connectFailed(_ failure: UpstreamFailure) {
        state.connectFailed()?.body.finish(.failure(failure))
        connectIfWanted()
    }

    // MARK: Time

    /// Lets the timer go off no later than an instant; it is never moved back.
    private func arm(_ deadline: NIODeadline) {
        if let armed, armed <= deadline { return }
        timer?.cancel()
        armed = deadline
        timer = eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { self.timerFired() }
    }

    private func timerFired() {
        armed = nil
        timer = nil
        let now = NIODeadline.now()
        for waiter in state.removeWaiters(where: { $0.deadline <= now }) {
            let isHeadLate = waiter.body.headDeadline.map { $0 <= now } ?? false
            waiter.body.finish(.failure(isHeadLate ? .responseHeadersTimeout : .connectTimeout))
        }
        for connection in state.expire(now: now) {
            state.lease()
            connection.close()
        }
        if let next = state.nextDeadline { arm(next) }
    }

    // MARK: End

    /// Closes what is idle, turns away what waits, and keeps no connection any more.
    func shutDown() {
        timer?.cancel()
        timer = nil
        let (idle, waiting) = state.shutDown()
        for waiter in waiting { waiter.body.finish(.failure(.cancelled)) }
        for connection in idle {
            state.lease()
            connection.close()
        }
    }
}
