import NIOCore
import NIOSSL
import Synchronization

/// What all pools of one transport have in common.
struct PoolSettings: Sendable {
    let connectTimeout: TimeAmount
    let idleTimeout: TimeAmount
    let limits: OriginPoolState<UpstreamConnection, OriginPool.Waiter>.Limits
    let tls: ClientTLS
}

/// The TLS context of a transport, made when the first connection needs it, since it reads the system's certificates.
final class ClientTLS: Sendable {
    private let configuration: TLSConfiguration
    private let made = Mutex<NIOSSLContext?>(nil)

    /// - Parameter certificateAuthorities: A file of further roots of trust, in PEM.
    init(certificateAuthorities: String? = nil) {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        if let certificateAuthorities { configuration.additionalTrustRoots = [.file(certificateAuthorities)] }
        self.configuration = configuration
    }

    /// The context, the same one each time.
    func context() throws(UpstreamFailure) -> NIOSSLContext {
        let result = made.withLock { made -> Result<NIOSSLContext, UpstreamFailure> in
            if let made { return .success(made) }
            do {
                let context = try NIOSSLContext(configuration: configuration)
                made = context
                return .success(context)
            } catch {
                return .failure(.connection(.tlsHandshake, detail: "TLS could not be set up: \(error)"))
            }
        }
        return try result.get()
    }
}
