import NIOCore
import NIOPosix
import NIOSSL

extension UpstreamFailure {
    /// What an error of the network means for an exchange.
    init(_ error: any Error) {
        switch error {
        case let error as UpstreamFailure:
            self = error
        case ChannelError.connectTimeout:
            self = .connectTimeout
        case let error as NIOConnectionError:
            self.init(error)
        // A certificate is checked in the handshake.
        case NIOSSLError.handshakeFailed, is NIOSSLExtraError:
            self = .connection(.tlsHandshake, detail: "\(error)")
        case NIOSSLError.uncleanShutdown, is ChannelError:
            self = .connection(.connectionClosed)
        // It may be in the middle of an exchange, of which the service has seen the request.
        case is NIOSSLError, is BoringSSLError:
            self = .connection(.protocolViolation, detail: "\(error)")
        case let error as IOError:
            self.init(error)
        default:
            self = .connection(.other, detail: "\(type(of: error))")
        }
    }

    private init(_ error: IOError) {
        switch error.errnoCode {
        case ECONNRESET: self = .connection(.connectionReset)
        // An address is connected to directly, without the list of attempts that a name has.
        case ECONNREFUSED: self = .connection(.connectFailed, detail: "it was refused")
        case EHOSTUNREACH, ENETUNREACH: self = .connection(.connectFailed, detail: "no route to the host")
        default: self = .connection(.connectionClosed)
        }
    }

    private init(_ error: NIOConnectionError) {
        if error.connectionErrors.isEmpty, error.dnsAError != nil || error.dnsAAAAError != nil {
            self = .connection(.nameResolution, detail: error.host)
            return
        }
        if error.connectionErrors.contains(where: { ($0.error as? ChannelError)?.isConnectTimeout ?? false }) {
            self = .connectTimeout
            return
        }
        let isRefused = error.connectionErrors.contains { ($0.error as? IOError)?.errnoCode == ECONNREFUSED }
        self = .connection(.connectFailed, detail: "\(error.host):\(error.port)" + (isRefused ? " refused it" : ""))
    }

    /// What an error means for a connection that is being made: nothing was sent, whatever it was.
    static func connecting(_ error: any Error, isHandshake: Bool) -> UpstreamFailure {
        switch UpstreamFailure(error) {
        case .connectTimeout: .connectTimeout
        case .connection(.nameResolution, let detail): .connection(.nameResolution, detail: detail)
        case .connection(.tlsHandshake, let detail): .connection(.tlsHandshake, detail: detail)
        case .connection(_, let detail) where isHandshake:
            .connection(.tlsHandshake, detail: detail ?? "the connection was closed")
        case .connection(.connectFailed, let detail): .connection(.connectFailed, detail: detail)
        case .connection(_, let detail): .connection(.connectFailed, detail: detail)
        case let other: other
        }
    }
}

extension ChannelError {
    fileprivate var isConnectTimeout: Bool { if case .connectTimeout = self { true } else { false } }
}
