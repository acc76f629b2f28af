/// Which names become labels: those of the configuration, since clients choose all others.
struct TargetLabels: Sendable {
    private let configured: Set<String>
    private let providers: Set<String>

    /// - Parameters:
    ///   - configured: The targets of the configuration, as `provider/model`.
    ///   - providers: The names of the providers.
    init(configured: some Sequence<String>, providers: some Sequence<String>) {
        self.configured = Set(configured)
        self.providers = Set(providers)
    }

    /// The label of a target: its name, or `provider/unknown` when a client has chosen the model.
    func label(provider: String, model: String) -> String {
        let name = "\(provider)/\(model)"
        return configured.contains(name) ? name : "\(provider)/\(GatewayMetrics.unknown)"
    }

    /// The label of a circuit breaker, which is named after its target.
    func label(_ name: String) -> String {
        guard !configured.contains(name), let slash = name.firstIndex(of: "/") else { return name }
        let provider = String(name[..<slash])
        return providers.contains(provider) ? "\(provider)/\(GatewayMetrics.unknown)" : name
    }
}
