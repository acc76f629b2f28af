import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
public import SageResilience

extension ErrorClassification {
    /// What an error of `HTTPClient`, or of NIO below it, says about a request.
    ///
    /// Where the connection was not made yet, nothing was sent; where an answer was lost, nobody knows what the service
    /// has done.
    ///
    /// - Parameter error: The error; one that classifies itself keeps its classification, others that are not known are
    ///   unknown.
    public init(httpClientError error: any Error) {
        switch error {
        case let error as any ClassifiedError: self = error.classification
        case let error as HTTPClientError: self = Self.of(error)
        case let error as IOError: self.init(errno: error.errnoCode)
        case let error as ChannelError: self = Self.of(error)
        // The answer was cut, or is not HTTP.
        case is HTTPParserError: self.init(.transient, isConnection: true)
        case NIOSSLError.uncleanShutdown: self.init(.transient, isConnection: true)
        // A certificate that is not trusted stays so for longer than a retry waits; a broken handshake may pass.
        case is NIOSSLExtraError: self.init(.permanent, fault: .provider, isNotSent: true)
        case NIOSSLError.handshakeFailed: self.init(.transient, isNotSent: true)
        // It may be in the middle of an exchange.
        case is NIOSSLError: self.init(.transient, isConnection: true)
        // Every address of the host, or its name, has failed.
        case is NIOConnectionError: self.init(.transient, isNotSent: true)
        case is SocketAddressError, is SocketAddressError.UnknownHost: self.init(.transient, isNotSent: true)
        default: self = ErrorClassifier.default.classify(error)
        }
    }

    private static func of(_ error: HTTPClientError) -> ErrorClassification {
        switch error {
        case .connectTimeout, .getConnectionFromPoolTimeout, .tlsHandshakeTimeout, .httpProxyHandshakeTimeout,
            .socksHandshakeTimeout:
            ErrorClassification(.timeout, isNotSent: true)
        case .readTimeout, .writeTimeout, .deadlineExceeded:
            ErrorClassification(.timeout)
        case .remoteConnectionClosed, .requestStreamCancelled, .uncleanShutdown:
            ErrorClassification(.transient, isConnection: true)
        case .invalidProxyResponse:
            ErrorClassification(.transient, isNotSent: true)
        case .proxyAuthenticationRequired:
            ErrorClassification(.authentication, isNotSent: true)
        // The client's owner has shut it down.
        case .alreadyShutdown:
            ErrorClassification(.permanent, isNotSent: true)
        // Among them addresses and fields that are wrong, and too many redirects.
        default:
            ErrorClassification(.permanent)
        }
    }

    private static func of(_ error: ChannelError) -> ErrorClassification {
        switch error {
        case .connectPending, .connectTimeout: ErrorClassification(.timeout, isNotSent: true)
        default: ErrorClassification(.transient, isConnection: true)
        }
    }
}
