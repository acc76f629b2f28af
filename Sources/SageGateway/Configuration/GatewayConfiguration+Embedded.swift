extension GatewayConfiguration {
    /// The name of the simulated provider that exists without a configuration file.
    package static let simulatedProvider = "simulated"

    /// The configuration of a server that was given no file: it listens on 127.0.0.1:4141, offers the simulated model
    /// `sage-sim`, and takes its providers from the environment.
    ///
    /// `OPENAI_API_KEY`, `ANTHROPIC_API_KEY`, `GEMINI_API_KEY` (each with its `_BASE_URL`) and `SILICONFLOW_API_KEY`
    /// each add a provider, `OLLAMA_HOST` a local one, `SAGE_ADMIN_TOKEN` sets the admin token. A model that nobody
    /// configured goes to the first of these providers that speaks the client's protocol, else to the first one. A
    /// variable that is empty counts as unset; one that cannot be used is told in `notices`.
    ///
    /// - Parameter environment: The variables of the process.
    /// - Returns: A configuration that needs no further check.
    package static func embedded(environment: [String: String]) -> GatewayConfiguration {
        var configuration = GatewayConfiguration()
        configuration.providers[simulatedProvider] = Provider(kind: .simulated)
        configuration.models[simulatedModel] = Model(
            targets: [.init(provider: simulatedProvider, model: simulatedModel)])
        configuration.server.adminToken = configuration.secret("SAGE_ADMIN_TOKEN", environment)
        for (kind, prefix) in [(Provider.Kind.openai, "OPENAI"), (.anthropic, "ANTHROPIC"), (.gemini, "GEMINI")] {
            guard let key = configuration.secret("\(prefix)_API_KEY", environment) else { continue }
            let other = environment["\(prefix)_BASE_URL"].flatMap { $0.isEmpty ? nil : $0 }
            let url = other.flatMap { BaseURL($0) }
            guard url != nil || other == nil else {
                // The key and what is said are not for somebody else's ears.
                configuration.notices.append(
                    "\(prefix)_BASE_URL is set, but cannot be used, and so \(prefix)_API_KEY is not: "
                        + "allowed is \(BaseURL.allowed)")
                continue
            }
            configuration.providers[kind.rawValue] = Provider(kind: kind, baseURL: url, apiKey: key)
        }
        if let key = configuration.secret("SILICONFLOW_API_KEY", environment) {
            let url = BaseURL("https://api.siliconflow.cn/v1")
            configuration.providers["siliconflow"] = Provider(kind: .openai, baseURL: url, apiKey: key)
        }
        if let host = environment["OLLAMA_HOST"], !host.isEmpty {
            if let url = ollama(host) {
                configuration.providers["ollama"] = Provider(kind: .openai, baseURL: url)
            } else {
                configuration.notices.append(
                    "OLLAMA_HOST is set, but is not used: allowed is host, host:port or an http or https address")
            }
        }
        configuration.defaultProviders = ["openai", "anthropic", "gemini", "siliconflow", "ollama"].filter {
            configuration.providers[$0] != nil
        }
        configuration.embedTelemetry(environment)
        return configuration
    }

    private mutating func secret(_ variable: String, _ environment: [String: String]) -> Secret? {
        guard let text = environment[variable], !text.isEmpty else { return nil }
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            notices.append("\(variable) is set, but is not used: it contains spaces or control characters")
            return nil
        }
        return Secret(text)
    }

    /// The address behind `OLLAMA_HOST`, read as Ollama's own client reads it: port 11434 unless a scheme is written,
    /// and the wildcard address, on which the server listens, means this machine.
    private static func ollama(_ host: String) -> BaseURL? {
        var address = host
        if !host.contains("://") {
            let authority = host.prefix { $0 != "/" }
            let afterAddress = authority.lastIndex(of: "]").map { authority[$0...] } ?? authority
            let name = authority.hasPrefix(":") ? "127.0.0.1\(authority)" : String(authority)
            let port = afterAddress.contains(":") ? "" : ":11434"
            address = "http://\(name)\(port)\(host[authority.endIndex...])"
        }
        guard let url = BaseURL(address) else { return nil }
        let reachable =
            switch url.host {
            case "0.0.0.0": "127.0.0.1"
            case "::": "[::1]"
            case let host where host.contains(":"): "[\(host)]"
            default: url.host
            }
        let path = url.namesVersion ? url.path : "\(url.path)/v1"
        return BaseURL("\(url.isSecure ? "https" : "http")://\(reachable):\(url.port)\(path)")
    }
}
