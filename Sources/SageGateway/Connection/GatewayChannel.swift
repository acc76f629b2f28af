import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore

/// Sets up the connections of clients, and runs the tasks that answer their requests.
///
/// In place of the framework's own, whose tasks change threads several times a request.
struct GatewayChannel: ServerChildChannel {
    let registry: ConnectionRegistry
    let limits: ConnectionGuard.Limits
    let idleTimeout: TimeAmount
    let dispatcher: RequestDispatcher
    let origin: OriginCheck
    let accessLog: Logger

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<ClientConnection> {
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            let codec = ServerCodec(maxHeadBytes: limits.maxHeaderBytes)
            let guardian = ConnectionGuard(
                registry: registry, limits: limits, accessLog: accessLog
            ) { codec.unreadPath }
            let inbox = RequestInbox(
                guardian: guardian, origin: origin, maxBodyBytes: limits.maxBodyBytes, idleTimeout: idleTimeout,
                serverName: dispatcher.serverName)
            try pipeline.addHandlers([codec, guardian, inbox])
            inbox.outlet = try pipeline.context(handler: codec)
            return ClientConnection(channel, inbox, monitor: registry.monitor(of: channel))
        }
    }

    func handle(value connection: ClientConnection, logger: Logger) async {
        let monitor = connection.monitor
        await withTaskGroup { group in
            // One task for all requests of a connection: it ends with the connection, and so does what it does.
            group.addTask { await connection.onEventLoop { await connection.serve(dispatcher) } }
            await monitor.stopped()
            group.cancelAll()
            await connection.onEventLoop { connection.stop() }
        }
        // After an interruption the client is left the time to read why.
        if monitor.isClosed { connection.channel.close(promise: nil) }
        await withTaskCancellationHandler {
            try? await connection.channel.closeFuture.get()
        } onCancel: {
            connection.channel.close(promise: nil)
        }
    }
}
