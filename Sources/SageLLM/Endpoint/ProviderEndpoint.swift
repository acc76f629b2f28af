public import HTTPTypes
package import NIOCore

/// Where a provider is, and how to sign requests to it.
///
/// OpenAI's dialect serves OpenAI itself and every service that speaks it: SiliconFlow, Azure, DeepSeek, Groq, Ollama,
/// llama.cpp, vLLM, OpenRouter.
public struct ProviderEndpoint: Sendable {
    /// The dialect that the provider speaks.
    package let dialect: Dialect
    /// What all URLs begin with; no slash at the end.
    public let baseURL: String
    /// How many keys there are to sign with; 0 signs nothing.
    package var keyCount: Int { credentials.count }
    /// Knows the keys and the values of the fields, which must not appear in an error.
    let redaction: SecretRedaction
    /// The fields of every request but the key.
    private let headers: HTTPFields
    /// The values of the field that signs, one for each key.
    private let credentials: [String]
    /// The fields of a request with each key, to which the client adds nothing: what nearly every request has.
    private var usual: [(whole: HTTPFields, stream: HTTPFields)] = []

    /// A service that speaks OpenAI's dialect.
    ///
    /// - Parameters:
    ///   - baseURL: The base of all URLs, which ends in the version. Defaults to OpenAI's own.
    ///   - apiKey: Sent as a bearer token. Defaults to none, as local servers need none.
    ///   - headers: Further fields of every request. Defaults to none.
    public static func openAI(
        baseURL: String = "https://api.openai.com/v1", apiKey: String? = nil, headers: HTTPFields = [:]
    ) -> ProviderEndpoint {
        ProviderEndpoint(.openAI, baseURL: baseURL, apiKeys: [apiKey].compactMap(\.self), headers: headers)
    }

    /// A service that speaks Anthropic's dialect.
    ///
    /// - Parameters:
    ///   - baseURL: The origin, without the version. Defaults to Anthropic's own.
    ///   - apiKey: Sent as `x-api-key`. Defaults to none.
    ///   - headers: Further fields of every request. Defaults to none.
    public static func anthropic(
        baseURL: String = "https://api.anthropic.com", apiKey: String? = nil, headers: HTTPFields = [:]
    ) -> ProviderEndpoint {
        ProviderEndpoint(.anthropic, baseURL: baseURL, apiKeys: [apiKey].compactMap(\.self), headers: headers)
    }

    /// A service that speaks Gemini's own dialect.
    ///
    /// - Parameters:
    ///   - baseURL: The origin, without the version. Defaults to Google's own.
    ///   - apiKey: Sent as `x-goog-api-key`. Defaults to none.
    ///   - headers: Further fields of every request. Defaults to none.
    public static func gemini(
        baseURL: String = "https://generativelanguage.googleapis.com", apiKey: String? = nil, headers: HTTPFields = [:]
    ) -> ProviderEndpoint {
        ProviderEndpoint(.gemini, baseURL: baseURL, apiKeys: [apiKey].compactMap(\.self), headers: headers)
    }

    /// - Parameters:
    ///   - dialect: The dialect that the provider speaks.
    ///   - baseURL: What all URLs begin with.
    ///   - apiKeys: The keys to sign with.
    ///   - headers: Further fields of every request.
    package init(_ dialect: Dialect, baseURL: String, apiKeys: [String], headers: HTTPFields = [:]) {
        self.dialect = dialect
        self.baseURL = Self.trimmed(baseURL, dialect)
        self.redaction = SecretRedaction(knownSecrets: headers.map(\.value) + apiKeys)
        self.credentials = apiKeys.filter { !$0.isEmpty }.map { dialect == .openAI ? "Bearer \($0)" : $0 }
        var headers = headers
        headers[.contentType] = "application/json"
        self.headers = headers
        usual = (0..<max(1, keyCount)).map { key in
            (fields([:], isStream: false, key: key), fields([:], isStream: true, key: key))
        }
    }

    /// People copy the version along where only the origin is wanted.
    private static func trimmed(_ baseURL: String, _ dialect: Dialect) -> String {
        var url = baseURL[...]
        func drop(_ suffix: String) {
            if url.hasSuffix(suffix) { url = url.dropLast(suffix.count) }
        }
        drop("/")
        switch dialect {
        case .openAI: break
        case .anthropic: drop("/v1")
        case .gemini: drop("/v1beta")
        }
        return String(url)
    }

    /// A request to the provider.
    ///
    /// - Parameters:
    ///   - format: The format of the request, one of the provider's dialect.
    ///   - model: The model as the provider names it; formats that name it in the body do not need it.
    ///   - body: The request's JSON, sent as it is.
    ///   - isStream: Whether the answer is asked for as a stream of events.
    ///   - key: The position of the key to sign with, below ``keyCount``. Defaults to the first one.
    ///   - forwarded: Fields of the client that the provider should see. The endpoint's own fields win, except for
    ///     Anthropic's: the version that the client was written for holds, and beta features of both are asked for.
    package func request(
        _ format: WireFormat, model: String, body: ByteBuffer, isStream: Bool, key: Int = 0,
        forwarded: HTTPFields = [:]
    ) -> UpstreamRequest {
        UpstreamRequest(
            url: baseURL + format.path(model: model, isStream: isStream),
            headers: usualFields(forwarded, isStream: isStream, key: key)
                ?? fields(forwarded, isStream: isStream, key: key),
            body: body)
    }

    /// A request that costs nothing and tells whether the provider is there and accepts a key: the list of its models.
    ///
    /// - Parameters:
    ///   - key: The position of the key to sign with, below ``keyCount``. Defaults to the first one.
    ///   - timeLimit: How long the answer may take to begin.
    package func modelsRequest(key: Int = 0, timeLimit: Duration) -> UpstreamRequest {
        var headers = fields([:], isStream: false, key: key)
        headers[.contentType] = nil
        return UpstreamRequest(
            method: .get, url: baseURL + dialect.modelsPath, headers: headers, responseHeadersTimeout: timeLimit)
    }

    /// The fields of a request whose client has said nothing about what the endpoint says itself; else nil.
    private func usualFields(_ forwarded: HTTPFields, isStream: Bool, key: Int) -> HTTPFields? {
        guard usual.indices.contains(key) else { return nil }
        var fields = isStream ? usual[key].stream : usual[key].whole
        let own = fields
        for field in forwarded {
            guard !own.contains(field.name) else { return nil }
            fields.append(field)
        }
        return fields
    }

    private func fields(_ forwarded: HTTPFields, isStream: Bool, key: Int) -> HTTPFields {
        var fields = forwarded
        for field in headers {
            switch field.name {
            case .anthropicVersion where fields[.anthropicVersion] != nil: break
            case .anthropicBeta: fields.append(field)
            default: fields[field.name] = field.value
            }
        }
        if credentials.indices.contains(key) { fields[dialect.credentialField] = credentials[key] }
        if dialect == .anthropic, fields[.anthropicVersion] == nil { fields[.anthropicVersion] = "2023-06-01" }
        fields[.accept] = isStream ? "text/event-stream" : "application/json"
        return fields
    }
}

extension WireFormat {
    /// The path of a request below the base URL of its dialect.
    fileprivate func path(model: String, isStream: Bool) -> String {
        switch self {
        case .chatCompletions: "/chat/completions"
        case .responses: "/responses"
        case .embeddings: "/embeddings"
        case .messages: "/v1/messages"
        case .countTokens: "/v1/messages/count_tokens"
        case .generateContent:
            "/v1beta/\(GeminiResource.path(model))" + (isStream ? ":streamGenerateContent?alt=sse" : ":generateContent")
        case .embedContent: "/v1beta/\(GeminiResource.path(model)):embedContent"
        case .batchEmbedContents: "/v1beta/\(GeminiResource.path(model)):batchEmbedContents"
        }
    }
}

extension Dialect {
    /// The path of the list of models below the base URL.
    fileprivate var modelsPath: String {
        switch self {
        case .openAI: "/models"
        case .anthropic: "/v1/models"
        case .gemini: "/v1beta/models"
        }
    }

    /// The field that signs a request.
    package var credentialField: HTTPField.Name {
        switch self {
        case .openAI: .authorization
        case .anthropic: .anthropicKey
        case .gemini: .geminiKey
        }
    }
}

extension HTTPField.Name {
    private static func make(_ name: String) -> HTTPField.Name {
        guard let field = HTTPField.Name(name) else { preconditionFailure("Internal inconsistency: \(name)") }
        return field
    }

    /// Anthropic's key.
    package static let anthropicKey = make("x-api-key")
    /// The version of Anthropic's interface.
    package static let anthropicVersion = make("anthropic-version")
    /// The features of Anthropic's interface that are not for everybody yet.
    package static let anthropicBeta = make("anthropic-beta")
    /// Gemini's key.
    package static let geminiKey = make("x-goog-api-key")
}
