import SageLLM

/// Gemini's content, token counting, embeddings and models.
struct GeminiShape: ProviderShape {
    /// The models that `GET /v1beta/models` lists; a request may name any other as well.
    static let models = ["gemini-2.5-flash", "gemini-embedding-001"]

    func serves(_ request: ProviderRequest) -> Bool {
        // The provider's own client asks for `v1`. OpenAI has the same path for its models; the header tells them
        // apart.
        request.path.hasPrefix("/v1beta/") || (request.path.hasPrefix("/v1/models/") && request.path.contains(":"))
            || (request.path == "/v1/models" && request.headers["x-goog-api-key"] != nil)
    }

    func facts(of request: ProviderRequest) -> (model: String?, isStream: Bool) {
        let call = ModelCall(path: request.path)
        return (call?.model, call?.method == "streamGenerateContent")
    }

    func identification(of request: ProviderRequest) -> FaultStep.Header? { nil }

    func reply(to request: ProviderRequest, options: ReplyOptions) -> ProviderReply {
        let hasKey =
            request.headers["x-goog-api-key"] != nil || request.headers["authorization"] != nil
            || request.query["key"]?.isEmpty == false
        guard hasKey else {
            return error(
                status: 403,
                message: "Method doesn't allow unregistered callers (callers without established identity). Please use "
                    + "API Key or other form of API consumer identity to call this API.",
                for: request)
        }
        do {
            if request.path.hasSuffix("/models"), request.method == "GET" { return ProviderReply(json: Self.modelList) }
            guard let call = ModelCall(path: request.path), request.method == "POST" else {
                return error(status: 404, message: "nothing answers at \(request.path)", for: request)
            }
            let fields = try RequestFields(JSONValue(parsing: request.body))
            switch call.method {
            case "generateContent", "streamGenerateContent":
                return try content(fields, of: call, for: request, options: options)
            case "countTokens":
                let counted = try fields.object("generateContentRequest") ?? fields
                return try json(["totalTokens": JSONValue(Conversation(gemini: counted).tokens)], options)
            case "embedContent": return try json(GeminiEmbeddings.one(fields, model: call.model), options)
            case "batchEmbedContents": return try json(GeminiEmbeddings.batch(fields, model: call.model), options)
            default:
                return error(status: 404, message: "nothing answers at \(request.path)", for: request)
            }
        } catch {
            return self.error(status: 400, message: "\(error)", for: request)
        }
    }

    private func json(_ json: JSONValue, _ options: ReplyOptions) -> ProviderReply {
        options.inBandError?.reply(standard: Self.breakdown) ?? ProviderReply(json: json)
    }

    private static var modelList: JSONValue {
        let models = models.map { id -> JSONValue in
            ["name": .string("models/\(id)"), "displayName": .string(id), "version": "001"]
        }
        return ["models": .array(models)]
    }

    /// A method of a model, as `models/{model}:{method}` in a path.
    struct ModelCall: Sendable, Hashable {
        let model: String
        let method: String

        init?(path: String) {
            let parts = path.split(separator: "/")
            guard parts.count == 3, parts[1] == "models", let colon = parts[2].lastIndex(of: ":") else { return nil }
            model = String(parts[2][..<colon])
            method = String(parts[2][parts[2].index(after: colon)...])
        }
    }
}
