import SageGateway

/// What a started server tells the person who started it.
struct StartSummary {
    private let configuration: GatewayConfiguration
    private let models: [String]

    init(_ configuration: GatewayConfiguration, models: [String]) {
        self.configuration = configuration
        self.models = models
    }

    func text(port: Int) -> String {
        let host = configuration.server.host
        let address = "http://\(host.contains(":") ? "[\(host)]" : host):\(port)"
        let providers = configuration.providers.sorted { $0.key < $1.key }.map { name, provider in
            "\(name) (\(provider.baseURL?.description ?? "simulated"))"
        }
        return """
            Sage \(SageVersionText.current) is listening on \(address)
              providers   \(providers.joined(separator: ", "))
              models      \(models.joined(separator: ", "))
              data        \(configuration.dataDirectory.printable)
              OpenAI API  \(address)/v1
              health      \(address)/health
              status      \(address)/status
            """
    }
}
