package import SageLLM

extension GatewayConfiguration {
    /// A service that answers requests for models.
    package struct Provider: Sendable, Hashable {
        /// The protocol that a provider speaks.
        package enum Kind: String, Sendable, Hashable, CaseIterable {
            /// OpenAI's protocol, which most services and local servers offer.
            case openai
            /// Anthropic's protocol.
            case anthropic
            /// Gemini's own protocol.
            case gemini
            /// A provider inside this process, for trying things out without a key.
            case simulated
        }

        /// What becomes of requests in the format of OpenAI's Responses.
        package enum ResponsesSupport: String, Sendable, Hashable, CaseIterable {
            /// They are translated for services that are known to have chat completions alone.
            case auto
            /// They are sent as they are.
            case native
            /// They are translated to chat completions, which every compatible service has.
            case translated
        }

        /// The protocol that the provider speaks.
        package var kind: Kind
        /// Where the provider is; nil only for a simulated one.
        package var baseURL: BaseURL?
        /// The key that is sent with every request; nil sends none, as local servers need none.
        package var apiKey: Secret?
        /// Several keys, of which each request gets one, instead of `apiKey`.
        package var apiKeys: [Secret] = []
        /// Headers that are added to every request, with names in lower case.
        package var headers: [String: Secret] = [:]
        /// What becomes of requests in the format of OpenAI's Responses.
        package var responses = ResponsesSupport.auto
        /// The policy for calls to this provider.
        package var policy = GatewayConfiguration.defaultPolicy
        /// How much all its models together may be asked for.
        package var limits: Limits?
        /// What is special about single models, by their names at the provider.
        package var models: [String: ProviderModel] = [:]

        /// Creates a provider.
        ///
        /// - Parameters:
        ///   - kind: The protocol that it speaks.
        ///   - baseURL: Where it is; the address of the protocol's inventor by default.
        ///   - apiKey: The key to send.
        package init(kind: Kind, baseURL: BaseURL? = nil, apiKey: Secret? = nil) {
            self.kind = kind
            self.baseURL = baseURL ?? kind.defaultBaseURL
            self.apiKey = apiKey
        }

        /// The keys of which each request gets one; empty when none is sent.
        package var keys: [Secret] { apiKeys.isEmpty ? [apiKey].compactMap(\.self) : apiKeys }
    }
}

extension GatewayConfiguration.Provider {
    static let fields = FieldTable(
        [
            Field("kind", \.kind, .word(), isRequired: true),
            Field("baseURL", optional: \.baseURL, .baseURL),
            Field("apiKey", \.apiKey, .secret),
            Field("apiKeys", \.apiKeys, .secrets(maximum: KeySet.capacity)),
            Field("headers", \.headers, .headers),
            Field("responses", \.responses, .word()),
            Field("policy", \.policy, .text),
            Field("limits", optional: \.limits, GatewayConfiguration.Limits.fields.format),
            Field(
                "models", \.models,
                .named(GatewayConfiguration.ProviderModel.fields.format, name: ConfigurationName.checkedModel)),
        ],
        initial: {
            // The address is filled in once the kind is known.
            var provider = GatewayConfiguration.Provider(kind: .openai)
            provider.baseURL = nil
            return provider
        })
}

extension GatewayConfiguration.Provider {
    /// Whether requests in the format of OpenAI's Responses are sent as they are.
    var servesResponses: Bool {
        switch responses {
        case .native: return true
        case .translated: return false
        case .auto:
            // The simulated provider has chat completions alone too.
            guard kind == .openai, let host = baseURL?.host else { return false }
            return !["siliconflow.cn", "siliconflow.com", "deepseek.com"].contains { host.hasSuffix($0) }
        }
    }
}

extension GatewayConfiguration.Provider.Kind {
    /// The address of the protocol's inventor; nil for what has no address.
    package var defaultBaseURL: BaseURL? {
        switch self {
        case .openai: BaseURL("https://api.openai.com/v1")
        case .anthropic: BaseURL("https://api.anthropic.com")
        case .gemini: BaseURL("https://generativelanguage.googleapis.com")
        case .simulated: nil
        }
    }

    /// The dialect that providers of the kind speak.
    package var dialect: Dialect {
        switch self {
        case .openai, .simulated: .openAI
        case .anthropic: .anthropic
        case .gemini: .gemini
        }
    }
}
