import Hummingbird
import Logging
import NIOCore

/// What a request handler knows beside the request itself.
struct GatewayRequestContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The client's connection.
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }

    /// Bodies are read by the endpoints, within the configured limit.
    var maxUploadSize: Int { 0 }

    /// Whether the client is on this machine.
    var isLoopback: Bool {
        switch channel.remoteAddress {
        case .v4(let address):
            address.host.hasPrefix("127.") || channel.remoteAddress?.ipAddress?.hasPrefix("127.") == true
        case .v6:
            channel.remoteAddress?.ipAddress == "::1"
                || channel.remoteAddress?.ipAddress?.hasPrefix("::ffff:127.") == true
        case .unixDomainSocket: true
        case nil: false
        }
    }
}
