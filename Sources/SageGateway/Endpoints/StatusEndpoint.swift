import Hummingbird
import SageLLM

/// `GET /status`: everything that an operator needs to know, for this machine or with the admin token.
struct StatusEndpoint: Sendable {
    let status: StatusReport
    let adminToken: Secret?

    func respond(to request: Request, _ context: GatewayRequestContext) throws -> Response {
        guard context.isLoopback || isAuthorized(request) else {
            throw GatewayError(
                .unauthorized, "the admin token is needed, as a bearer token, unless you are on Sage's own machine")
        }
        return Response(json: status.full)
    }

    private func isAuthorized(_ request: Request) -> Bool {
        guard let adminToken, let field = request.headers[.authorization], field.hasPrefix("Bearer ") else {
            return false
        }
        return adminToken.matches(String(field.dropFirst("Bearer ".count)))
    }
}
