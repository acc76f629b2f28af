import NIOCore
import Synchronization

/// A connection as it is seen from other threads.
final class ConnectionHandle: UpstreamSource {
    private let eventLoop: any EventLoop
    /// Empty once the connection is closed.
    private let connection: NIOLoopBoundBox<UpstreamConnection?>
    /// The instant of the connection's timer in nanoseconds: a wait that ends later need not tell the event loop.
    private let armed = Atomic<UInt64>(.max)

    init(_ connection: UpstreamConnection, eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        self.connection = NIOLoopBoundBox(connection, eventLoop: eventLoop)
    }

    /// Lets go of the connection; on its event loop only.
    func release() { connection.value = nil }

    /// Tells when the connection's timer goes off, nil for never.
    func arm(_ deadline: NIODeadline?) {
        armed.store(deadline?.uptimeNanoseconds ?? .max, ordering: .sequentiallyConsistent)
    }

    func cancel(_ body: UpstreamBody) {
        onLoop { $0.cancel(body) }
    }

    func resume(_ body: UpstreamBody) {
        onLoop { $0.resume(body) }
    }

    func watch(_ body: UpstreamBody, until deadline: NIODeadline, in delay: TimeAmount) {
        // The timer that goes off before asks the body for its deadline.
        guard armed.load(ordering: .sequentiallyConsistent) > deadline.uptimeNanoseconds else { return }
        onLoop { $0.watch(body, until: deadline) }
    }

    func unwatch(_ body: UpstreamBody) {}

    private func onLoop(_ act: @escaping @Sendable (UpstreamConnection) -> Void) {
        guard !eventLoop.inEventLoop else {
            connection.value.map(act)
            return
        }
        eventLoop.execute { self.connection.value.map(act) }
    }
}
