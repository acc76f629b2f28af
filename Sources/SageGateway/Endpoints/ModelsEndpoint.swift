import HTTPTypes
import Hummingbird
import SageLLM

/// `GET /v1/models` and `/v1beta/models`, and one model below them: what clients can ask for, in the words of their protocol.
struct ModelsEndpoint: Sendable {
    let routes: RouteTable
    let keys: ClientKeys
    let origin: OriginCheck

    /// All models that the client may use.
    func list(_ request: Request) throws -> Response {
        let client = try client(request)
        let names = routes.modelNames(for: client)
        switch Self.dialect(request) {
        case .openAI: return Response(json: ModelList(data: names.map(Self.model)).json)
        case .anthropic:
            return Response(json: [
                "data": .array(names.map(Self.anthropicModel)), "has_more": false,
                "first_id": names.first.map(JSONValue.string) ?? .null,
                "last_id": names.last.map(JSONValue.string) ?? .null,
            ])
        case .gemini: return Response(json: ["models": .array(names.map(Self.geminiModel))])
        }
    }

    /// The model that the rest of the path names.
    ///
    /// - Throws: ``GatewayError`` for one that there is not.
    func show(_ request: Request) throws -> Response {
        let client = try client(request)
        let path = request.uri.path.percentDecoded
        let name = path.firstRange(of: "models/").map { String(path[$0.upperBound...].drop { $0 == "/" }) } ?? ""
        let dialect = Self.dialect(request)
        _ = try routes.resolve(name, for: dialect, client: client)
        return switch dialect {
        case .openAI: Response(json: Self.model(name).json)
        case .anthropic: Response(json: Self.anthropicModel(name))
        case .gemini: Response(json: Self.geminiModel(name))
        }
    }

    private func client(_ request: Request) throws -> ClientKey? {
        try origin.check(request.head)
        return try keys.authenticate(request.headers, query: request.uri.query.map { $0[...] })
    }

    /// OpenAI and Anthropic have the same path, which Gemini's library asks for too when it is told to use version 1.
    private static func dialect(_ request: Request) -> Dialect {
        if request.uri.path.split(separator: "/").first == "v1beta" || request.headers[.googleKey] != nil {
            return .gemini
        }
        return request.headers[.anthropicVersion] == nil ? .openAI : .anthropic
    }

    // When a model was made is not known here.

    private static func model(_ name: String) -> Model { Model(id: name, created: 0, ownedBy: "sage") }

    private static func anthropicModel(_ name: String) -> JSONValue {
        [
            "type": "model", "id": .string(name), "display_name": .string(name),
            "created_at": "1970-01-01T00:00:00Z",
        ]
    }

    private static func geminiModel(_ name: String) -> JSONValue {
        [
            "name": .string("models/\(name)"), "displayName": .string(name),
            "supportedGenerationMethods": ["generateContent", "streamGenerateContent", "embedContent"],
        ]
    }
}
