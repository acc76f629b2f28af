extension GatewayConfiguration {
    /// The name of the simulated provider that exists without a configuration file.
    package static let simulatedProvider = "simulated"

    /// The configuration of a server that was given no file: it listens on 127.0.0.1:4141, offers the simulated model
    /// `sage-sim`, and takes its providers from the environment.
    ///
    /// `OPENAI_API_KEY` (with `OPENAI_BASE_URL`) and `SILICONFLOW_API_KEY` each add a provider, `OLLAMA_HOST` a local one, `SAGE_ADMIN_TOKEN`
    /// sets the admin token. A model that nobody configured goes to the first of these providers. A variable that is empty counts as unset; one that cannot be used, or that belongs to a
    /// provider that this version does not support, is told in `notices`.
    ///
    /// - Parameter environment: The variables of the process.
    /// - Returns: A configuration that needs no further check.
    package static func embedded(environment: [String: String]) -> GatewayConfiguration {
        var configuration = GatewayConfiguration()
        configuration.providers[simulatedProvider] = Provider(kind: .simulated)
        configuration.models[simulatedModel] = Model(
            targets: [.init(provider: simulatedProvider, model: simulatedModel)])
        configuration.server.adminToken = configuration.secret("SAGE_ADMIN_TOKEN", environment)
        if let key = configuration.secret("OPENAI_API_KEY", environment) {
            let other = environment["OPENAI_BASE_URL"].flatMap { $0.isEmpty ? nil : $0 }
            let url = other.flatMap { BaseURL($0) }
            if other != nil, url == nil {
                configuration.notices.append(
                    "OPENAI_BASE_URL is set, but is not used: allowed is \(BaseURL.allowed)")
            }
            configuration.providers["openai"] = Provider(kind: .openai, baseURL: url, apiKey: key)
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
        configuration.defaultProvider = ["openai", "siliconflow", "ollama"].first {
            configuration.providers[$0] != nil
        }
        for variable in ["ANTHROPIC_API_KEY", "GEMINI_API_KEY"] where environment[variable]?.isEmpty == false {
            configuration.notices.append("\(variable) was found, but its provider is not supported by this version yet")
        }
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
