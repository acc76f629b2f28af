package import SageResilience

extension GatewayConfiguration {
    /// Sees to it that no provider is this server itself, to which a request would come back without end.
    ///
    /// `OPENAI_BASE_URL` and its like name Sage where clients run. A server that is started in the same shell finds them
    /// too: a provider of the environment is then called at its own address, and a notice says so.
    ///
    /// - Throws: `ConfigurationError` for a provider of a configuration file.
    package mutating func leaveOutOwnAddress() throws(ConfigurationError) {
        for (name, provider) in providers.sorted(by: { $0.key < $1.key }) {
            guard let url = provider.baseURL, server.isReached(by: url) else { continue }
            guard defaultProviders.contains(name), let address = provider.kind.defaultBaseURL, name != "ollama" else {
                throw ConfigurationError(
                    field: "providers.\(name).baseURL", value: "\(url)",
                    allowed: "the address of a provider; this one is where the server itself listens")
            }
            providers[name]?.baseURL = address
            notices.append(
                "\(name.uppercased())_BASE_URL is the address of this server; the provider \(name) is called at \(address)"
            )
        }
    }
}

extension GatewayConfiguration.Server {
    /// Whether an address leads to the one that the server listens on.
    func isReached(by url: BaseURL) -> Bool {
        guard url.port == port else { return false }
        let isWildcard = host == "0.0.0.0" || host == "::"
        return url.host == host || url.isLoopback && (isLoopback || isWildcard)
    }
}
