import SageResilience

/// The limits and the trust of a ``PooledTransport``.
public struct PooledTransportConfiguration: Sendable, Hashable {
    /// How long to wait for a connection, for its name, TLS and a place among the connections included.
    public var connectTimeout: Duration
    /// How long a connection is kept that nothing is sent on.
    ///
    /// Less than the server's own limit, else requests meet connections that are being closed. A server that announces
    /// its limit (`Keep-Alive: timeout=5`) is believed.
    public var idleTimeout: Duration
    /// The most connections to one host on one event loop; further requests wait.
    public var maxConnections: Int
    /// The most of them that are kept while nothing is sent.
    public var maxIdleConnections: Int
    /// The most requests that wait for a connection to one host on one event loop; further ones are refused.
    public var maxWaitingRequests: Int
    /// A file of certificates in PEM that are trusted beside the system's.
    public var certificateAuthorities: String?

    /// Creates a configuration; it is checked when a transport is made with it.
    ///
    /// - Parameters:
    ///   - connectTimeout: How long to wait for a connection, 1 ms to 1 h. Defaults to 5 s.
    ///   - idleTimeout: How long an idle connection is kept, 1 ms to 1 h. Defaults to 30 s, half of what servers
    ///     usually grant.
    ///   - maxConnections: The most connections to one host on one event loop, 1 to 1,000,000. Defaults to 16,384.
    ///   - maxIdleConnections: The most of them that are kept idle, 0 to 1,000,000. Defaults to 1,024.
    ///   - maxWaitingRequests: The most requests that wait for one, 1 to 1,000,000. Defaults to 16,384.
    ///   - certificateAuthorities: A file of further trusted certificates in PEM. Defaults to none.
    public init(
        connectTimeout: Duration = .seconds(5), idleTimeout: Duration = .seconds(30), maxConnections: Int = 16_384,
        maxIdleConnections: Int = 1_024, maxWaitingRequests: Int = 16_384, certificateAuthorities: String? = nil
    ) {
        self.connectTimeout = connectTimeout
        self.idleTimeout = idleTimeout
        self.maxConnections = maxConnections
        self.maxIdleConnections = maxIdleConnections
        self.maxWaitingRequests = maxWaitingRequests
        self.certificateAuthorities = certificateAuthorities
    }

    func validate() throws(ConfigurationError) {
        for (field, value) in [("connectTimeout", connectTimeout), ("idleTimeout", idleTimeout)] {
            guard (Duration.milliseconds(1)...(.seconds(3_600))).contains(value) else {
                throw ConfigurationError(field: field, value: value, allowed: "0.001 s to 3600 s")
            }
        }
        for (field, value, least) in [
            ("maxConnections", maxConnections, 1), ("maxIdleConnections", maxIdleConnections, 0),
            ("maxWaitingRequests", maxWaitingRequests, 1),
        ] {
            guard (least...1_000_000).contains(value) else {
                throw ConfigurationError(field: field, value: value, allowed: "\(least) to 1000000")
            }
        }
    }
}
