import NIOCore
import NIOPosix
import NIOSSL

/// Makes one connection: resolves the name, tries its addresses as RFC 8305 says, and secures it.
struct Connector {
    private let origin: UpstreamOrigin
    private let eventLoop: any EventLoop
    private let tls: NIOSSLContext?
    /// The host, if it is an address.
    private let address: SocketAddress?

    init(_ origin: UpstreamOrigin, eventLoop: any EventLoop, settings: PoolSettings) throws(UpstreamFailure) {
        self.origin = origin
        self.eventLoop = eventLoop
        tls = origin.isSecure ? try settings.tls.context() : nil
        address = try? SocketAddress(ipAddress: origin.host, port: origin.port)
    }

    /// Makes the connection.
    ///
    /// - Parameters:
    ///   - deadline: When it must be there, TLS included.
    ///   - act: Called on the event loop, once.
    func connect(by deadline: NIODeadline, _ act: @escaping (Result<UpstreamConnection, UpstreamFailure>) -> Void) {
        // No name is sent for an address (RFC 6066); the certificate is then checked against the address.
        let serverName = address == nil ? origin.host : nil
        let bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(max(.milliseconds(1), deadline - .now()))
            .channelOption(.autoRead, value: false)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelInitializer { [tls] channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls {
                        try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: serverName))
                    }
                    try pipeline.addHandler(UpstreamConnection(isSecure: tls != nil))
                }
            }
        let channel =
            if let address {
                bootstrap.connect(to: address)
            } else {
                bootstrap.connect(host: origin.host, port: origin.port)
            }
        channel.assumeIsolated().whenComplete { result in
            do {
                let channel = try result.get()
                let connection = try channel.pipeline.syncOperations.handler(type: UpstreamConnection.self)
                guard tls != nil else { return act(.success(connection)) }
                secure(connection, channel, by: deadline, act)
            } catch {
                act(.failure(.connecting(error, isHandshake: false)))
            }
        }
    }

    private func secure(
        _ connection: UpstreamConnection, _ channel: any Channel, by deadline: NIODeadline,
        _ act: @escaping (Result<UpstreamConnection, UpstreamFailure>) -> Void
    ) {
        let timer = eventLoop.assumeIsolated().scheduleTask(deadline: deadline) {
            connection.breakOff(ChannelError.connectTimeout(.zero))
        }
        connection.whenSecure { result in
            timer.cancel()
            act(result.map { connection }.mapError { .connecting($0, isHandshake: true) })
        }
    }
}
