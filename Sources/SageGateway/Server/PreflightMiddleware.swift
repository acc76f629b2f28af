import HTTPTypes
import Hummingbird

/// Answers browsers that ask whether a page may send a request, whatever its path is.
struct PreflightMiddleware: RouterMiddleware {
    typealias Context = GatewayRequestContext

    let origin: OriginCheck

    func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard let fields = try origin.preflight(request.head) else { return try await next(request, context) }
        return Response(status: .noContent, headers: fields)
    }
}
