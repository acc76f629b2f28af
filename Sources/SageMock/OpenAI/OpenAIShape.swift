import SageLLM

/// OpenAI's chat completions, Responses, embeddings and models.
struct OpenAIShape: ProviderShape {
    /// The models that `GET /v1/models` lists; a request may name any other as well.
    static let models = ["gpt-5", "gpt-5-mini", "text-embedding-3-small"]

    func serves(_ request: ProviderRequest) -> Bool {
        request.path.hasPrefix("/v1/")
    }

    func facts(of request: ProviderRequest) -> (model: String?, isStream: Bool) {
        // Fields of the wrong type count as missing, so that a rule can still match on the other one.
        let json = try? JSONValue(parsing: request.body)
        return (json?["model"]?.stringValue, json?["stream"]?.boolValue ?? false)
    }

    func identification(of request: ProviderRequest) -> FaultStep.Header? {
        FaultStep.Header("x-request-id", "mock-\(request.sequence)")
    }

    func reply(to request: ProviderRequest, options: ReplyOptions) -> ProviderReply {
        do {
            switch (request.path, request.method) {
            case ("/v1/chat/completions", "POST"): return try chat(request, options: options)
            case ("/v1/responses", "POST"): return try response(request, options: options)
            case ("/v1/embeddings", "POST"): return try embeddings(request, options: options)
            case ("/v1/models", "GET"): return ProviderReply(json: models(created: request.time))
            case ("/v1/chat/completions", _), ("/v1/responses", _), ("/v1/embeddings", _), ("/v1/models", _):
                return error(status: 405, message: "\(request.path) does not answer \(request.method)", for: request)
            default:
                return error(status: 404, message: notFound(request.path), for: request)
            }
        } catch let mistake as OpenAIMistake {
            return ProviderReply(status: 400, error: mistake.error)
        } catch {
            return self.error(status: 400, message: "\(error)", for: request)
        }
    }

    private func notFound(_ path: String) -> String {
        let parts = path.split(separator: "/")
        // Answers are not kept, so none is ever found.
        guard parts.count >= 3, parts[1] == "responses" else { return "nothing answers at \(path)" }
        return "Response with id '\(parts[2])' not found."
    }

    private func models(created: Int) -> JSONValue {
        ModelList(data: Self.models.map { Model(id: $0, created: created, ownedBy: "sage-mock") }).json
    }

    private func embeddings(_ request: ProviderRequest, options: ReplyOptions) throws -> ProviderReply {
        let reply = try SimulatedEmbeddingsReply(to: JSONValue(parsing: request.body))
        if let inBand = options.inBandError { return inBand.reply(standard: Self.breakdown) }
        return ProviderReply(json: reply.json)
    }
}
