import SageLLM

/// Anthropic's messages, token counting and models.
struct AnthropicShape: ProviderShape {
    /// The models that `GET /v1/models` lists; a request may name any other as well.
    static let models = ["claude-sonnet-4-5", "claude-haiku-4-5"]

    func serves(_ request: ProviderRequest) -> Bool {
        // OpenAI has the same path for its models; this header tells them apart.
        request.path == "/v1/models"
            ? request.headers["anthropic-version"] != nil
            : request.path == "/v1/messages" || request.path.hasPrefix("/v1/messages/")
    }

    func facts(of request: ProviderRequest) -> (model: String?, isStream: Bool) {
        let json = try? JSONValue(parsing: request.body)
        return (json?["model"]?.stringValue, json?["stream"]?.boolValue ?? false)
    }

    func identification(of request: ProviderRequest) -> FaultStep.Header? {
        FaultStep.Header("request-id", Self.requestID(request))
    }

    static func requestID(_ request: ProviderRequest) -> String { "req_mock_\(request.sequence)" }

    func reply(to request: ProviderRequest, options: ReplyOptions) -> ProviderReply {
        guard request.headers["x-api-key"] != nil || request.headers["authorization"] != nil else {
            return error(status: 401, message: "x-api-key header is required", for: request)
        }
        guard request.headers["anthropic-version"] != nil else {
            return error(status: 400, message: "anthropic-version: header is required", for: request)
        }
        do {
            switch (request.path, request.method) {
            case ("/v1/messages", "POST"): return try message(request, options: options)
            case ("/v1/messages/count_tokens", "POST"): return try count(request, options: options)
            case ("/v1/models", "GET"): return ProviderReply(json: Self.modelList)
            case ("/v1/messages", _), ("/v1/messages/count_tokens", _), ("/v1/models", _):
                return error(status: 405, message: "Method Not Allowed", for: request)
            default: return error(status: 404, message: "Not Found", for: request)
            }
        } catch {
            return self.error(status: 400, message: "\(error)", for: request)
        }
    }

    private func message(_ request: ProviderRequest, options: ReplyOptions) throws -> ProviderReply {
        let fields = try RequestFields(JSONValue(parsing: request.body))
        let model = try fields.required(fields.string("model"), "model", "a string")
        guard try fields.required(fields.int("max_tokens"), "max_tokens", "an integer") > 0 else {
            throw RequestMistake("max_tokens: must be greater than 0")
        }
        let conversation = try Conversation(anthropic: fields)
        let isStream = try fields.bool("stream") ?? false
        let breakdown = Self.envelope(type: "overloaded_error", message: "Overloaded", for: request)
        if let inBand = options.inBandError, !isStream { return inBand.reply(standard: breakdown) }
        let reply = MessageReply(
            ModelAnswer(to: conversation, options: options, sequence: request.sequence), model: model,
            sequence: request.sequence)
        guard isStream else { return ProviderReply(json: reply.whole) }
        var events = reply.events(
            keepAlives: options.keepAlives, hasFinish: !options.omitsFinish, hasStop: !options.omitsDone)
        if let inBand = options.inBandError {
            events = inBand.breaking(events, with: breakdown) {
                ServerSentEventEncoder.encode(data: $0, event: "error")
            }
        }
        return ProviderReply(events: events)
    }

    private func count(_ request: ProviderRequest, options: ReplyOptions) throws -> ProviderReply {
        let fields = try RequestFields(JSONValue(parsing: request.body))
        _ = try fields.required(fields.string("model"), "model", "a string")
        let conversation = try Conversation(anthropic: fields)
        if let inBand = options.inBandError {
            return inBand.reply(
                standard: Self.envelope(type: "overloaded_error", message: "Overloaded", for: request))
        }
        return ProviderReply(json: ["input_tokens": JSONValue(conversation.tokens)])
    }

    private static var modelList: JSONValue {
        let data = models.map { id -> JSONValue in
            [
                "type": "model", "id": .string(id), "display_name": .string(id),
                "created_at": "2026-01-01T00:00:00Z",
            ]
        }
        return [
            "data": .array(data), "has_more": false, "first_id": JSONValue(models.first),
            "last_id": JSONValue(models.last),
        ]
    }
}
