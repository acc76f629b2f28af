extension GatewayConfiguration.Server {
    /// Whether only this machine can reach the address that the server listens on.
    package var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }
}
