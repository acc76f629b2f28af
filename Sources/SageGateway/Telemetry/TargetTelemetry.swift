import SageLLM

/// What is told of the calls to a target: where its counts go, and what its spans say of it.
final class TargetTelemetry: Sendable {
    /// `provider/model`, as it is called, not as a label.
    let name: String
    let model: String
    /// Nil where nothing is counted.
    let metrics: TargetMetrics?
    /// The provider, by the names that OpenTelemetry gives to those that it knows.
    let providerName: String
    /// Where the provider is; nil for the simulated one.
    let address: BaseURL?

    init(provider: String, model: String, dialect: Dialect, baseURL: String, metrics: GatewayMetrics?) {
        self.name = "\(provider)/\(model)"
        self.model = model
        self.metrics = metrics?.target(provider: provider, model: model)
        address = BaseURL(baseURL)
        providerName = Self.providerName(provider, dialect, host: address?.host ?? "")
    }

    /// The ends of hosts' names whose services OpenTelemetry has names for.
    private static let hosts: [(suffix: String, name: String)] = [
        ("api.openai.com", "openai"), ("api.anthropic.com", "anthropic"), ("openai.azure.com", "azure.ai.openai"),
        ("services.ai.azure.com", "azure.ai.inference"), ("generativelanguage.googleapis.com", "gcp.gemini"),
        ("aiplatform.googleapis.com", "gcp.vertex_ai"), ("api.deepseek.com", "deepseek"), ("api.groq.com", "groq"),
        ("api.mistral.ai", "mistral_ai"), ("api.x.ai", "x_ai"), ("api.cohere.com", "cohere"),
        ("api.perplexity.ai", "perplexity"),
    ]

    private static func providerName(_ provider: String, _ dialect: Dialect, host: String) -> String {
        for (suffix, name) in hosts where host == suffix || host.hasSuffix("." + suffix) { return name }
        // A service that is not known by its address is called as the configuration calls it.
        return switch dialect {
        case .openAI: provider
        case .anthropic: "anthropic"
        case .gemini: "gcp.gemini"
        }
    }
}
