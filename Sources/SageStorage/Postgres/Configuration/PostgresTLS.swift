/// How connections to PostgreSQL are encrypted.
public struct PostgresTLS: Sendable, Hashable {
    /// Whether they are, and what the server has to prove.
    public var mode: PostgresTLSMode
    /// The path of the certificates of authorities, in PEM format; nil is libpq's own, `~/.postgresql/root.crt`.
    public var rootCertificate: String?
    /// The path of the client's certificate, in PEM format; nil is none.
    public var certificate: String?
    /// The path of the client's private key; nil is none.
    public var key: String?

    /// Creates settings.
    ///
    /// - Parameters:
    ///   - mode: Whether connections are encrypted, and what the server has to prove. Defaults to
    ///     ``PostgresTLSMode/prefer``.
    ///   - rootCertificate: The path of the certificates of authorities. Defaults to libpq's own.
    ///   - certificate: The path of the client's certificate. Defaults to none.
    ///   - key: The path of the client's private key. Defaults to none.
    public init(
        _ mode: PostgresTLSMode = .prefer, rootCertificate: String? = nil, certificate: String? = nil,
        key: String? = nil
    ) {
        self.mode = mode
        self.rootCertificate = rootCertificate
        self.certificate = certificate
        self.key = key
    }
}
