import Hummingbird
import SageLLM

/// `GET /status`: everything that an operator needs to know, for this machine or with the admin token.
struct StatusEndpoint: Sendable {
    let status: StatusReport
    let access: OperatorAccess

    func respond(to request: Request, _ context: GatewayRequestContext) async throws -> Response {
        try access.check(request, context)
        await status.sample()
        return Response(json: status.full)
    }
}
