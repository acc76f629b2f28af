import Hummingbird
import SageLLM

/// `GET /v1/models`: what clients can ask for.
struct ModelsEndpoint: Sendable {
    let routes: RouteTable

    func respond() -> Response {
        let models = routes.modelNames.map { Model(id: $0, created: 0, ownedBy: "sage") }
        return Response(json: ModelList(data: models).json)
    }
}
