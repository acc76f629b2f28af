import Hummingbird
import SageLLM

/// Gemini's methods, which stand behind a colon in the last part of the path: `/v1beta/models/{model}:{method}`, or
/// `/v1/...`.
struct GeminiEndpoints: Sendable {
    /// The endpoint of each format.
    let endpoint: @Sendable (WireFormat) -> ModelEndpoint

    func respond(to request: Request, _ context: GatewayRequestContext) async throws -> Response {
        // Names of models may hold slashes (`provider/model`) and colons (`llama3.2:3b`).
        // The version before them is v1 or v1beta: the provider's own library asks for v1 unless told otherwise.
        let path = request.uri.path.percentDecoded
        let resource = path.firstRange(of: "models/").map { path[$0.upperBound...].drop { $0 == "/" } } ?? ""
        guard let colon = resource.lastIndex(of: ":"),
            let method = Method(rawValue: String(resource[resource.index(after: colon)...]))
        else {
            throw GatewayError(
                .invalidRequest,
                "no such method: \(request.uri.path.prefix(256)); allowed are "
                    + Method.allCases.map { ":\($0.rawValue)" }.joined(separator: ", "), status: 404)
        }
        let model = String(resource[..<colon])
        let isStream = method == .streamGenerateContent
        let parameters = InboundRequest.PathParameters(
            model: model, isStream: isStream,
            isArray: isStream && request.uri.queryParameters["alt"] != "sse")
        return try await endpoint(method.format).respond(to: request, context, path: parameters)
    }

    private enum Method: String, CaseIterable {
        case generateContent, streamGenerateContent, embedContent, batchEmbedContents

        var format: WireFormat {
            switch self {
            case .generateContent, .streamGenerateContent: .generateContent
            case .embedContent: .embedContent
            case .batchEmbedContents: .batchEmbedContents
            }
        }
    }
}
