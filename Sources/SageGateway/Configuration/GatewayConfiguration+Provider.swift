extension GatewayConfiguration {
    /// A service that answers requests for models.
    package struct Provider: Sendable, Hashable {
        /// The protocol that a provider speaks.
        package enum Kind: String, Sendable, Hashable, CaseIterable {
            /// OpenAI's protocol, which most services and local servers offer.
            case openai
            /// A provider inside this process, for trying things out without a key.
            case simulated
        }

        /// The protocol that the provider speaks.
        package var kind: Kind
        /// Where the provider is; nil only for a simulated one.
        package var baseURL: BaseURL?
        /// The key that is sent with every request; nil sends none, as local servers need none.
        package var apiKey: Secret?
        /// Headers that are added to every request, with names in lower case.
        package var headers: [String: Secret] = [:]
        /// The policy for calls to this provider.
        package var policy = GatewayConfiguration.defaultPolicy

        /// Creates a provider.
        ///
        /// - Parameters:
        ///   - kind: The protocol that it speaks.
        ///   - baseURL: Where it is; OpenAI's own address by default.
        ///   - apiKey: The key to send.
        package init(kind: Kind, baseURL: BaseURL? = nil, apiKey: Secret? = nil) {
            self.kind = kind
            self.baseURL = kind == .openai ? baseURL ?? Self.openAI : baseURL
            self.apiKey = apiKey
        }

        /// OpenAI's own address, the default of `baseURL`.
        package static let openAI = BaseURL("https://api.openai.com/v1")
    }
}

extension GatewayConfiguration.Provider {
    /// Kinds that the file format has, but not in this version.
    static let laterKinds = ["anthropic", "gemini"]

    static let fields = FieldTable(
        [
            Field("kind", \.kind, .word(later: laterKinds), isRequired: true),
            Field("baseURL", optional: \.baseURL, .baseURL),
            Field("apiKey", \.apiKey, .secret),
            Field("headers", \.headers, .headers),
            Field("policy", \.policy, .text),
        ],
        later: ["limits"],
        initial: {
            // The address is filled in once the kind is known.
            var provider = GatewayConfiguration.Provider(kind: .openai)
            provider.baseURL = nil
            return provider
        })
}
