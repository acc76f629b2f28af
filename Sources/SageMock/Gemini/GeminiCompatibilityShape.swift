import NIOCore
import SageLLM

/// Gemini in OpenAI's words, under `/v1beta/openai/`: OpenAI's answers, and Gemini's errors in an array of one.
struct GeminiCompatibilityShape: ProviderShape {
    private static let prefix = "/v1beta/openai/"
    private let openAI = OpenAIShape()
    private let gemini = GeminiShape()

    func serves(_ request: ProviderRequest) -> Bool {
        request.path.hasPrefix(Self.prefix)
    }

    func facts(of request: ProviderRequest) -> (model: String?, isStream: Bool) {
        openAI.facts(of: request)
    }

    func identification(of request: ProviderRequest) -> FaultStep.Header? { nil }

    func reply(to request: ProviderRequest, options: ReplyOptions) -> ProviderReply {
        var translated = request
        translated.path = "/v1/\(request.path.dropFirst(Self.prefix.count))"
        let reply = openAI.reply(to: translated, options: options)
        guard reply.status >= 400, case .whole(let body) = reply.body else { return reply }
        let message = (try? JSONValue(parsing: body))?["error"]?["message"]?.stringValue
        return error(status: reply.status, message: message ?? "", for: request)
    }

    func error(status: Int, message: String, for request: ProviderRequest) -> ProviderReply {
        var reply = gemini.error(status: status, message: message, for: request)
        guard case .whole(let body) = reply.body else { return reply }
        var array = ByteBuffer(string: "[")
        array.writeImmutableBuffer(body)
        array.writeString("]")
        reply.body = .whole(array)
        return reply
    }
}
