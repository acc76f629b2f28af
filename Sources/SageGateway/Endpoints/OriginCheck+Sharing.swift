import HTTPTypes
import Hummingbird

/// The pages that may ask may also read the answers: what browsers want to be told for it (CORS, in the Fetch standard).
extension OriginCheck {
    /// The fields that an answer needs so that the browser shows it to the page that has asked.
    ///
    /// - Returns: None for programs and for pages that may not ask.
    func sharing(_ head: HTTPRequest) -> HTTPFields {
        guard let origin = head.headerFields[.origin], mayAsk(origin, head) else { return [:] }
        return [
            .accessControlAllowOrigin: origin,
            // Request ids, targets, attempts and limits are of use to a page too, and there are no cookies to be shown.
            .accessControlExposeHeaders: "*",
            .vary: "origin",
        ]
    }

    /// The answer to a browser that asks whether a page may send a request; nil when it asks nothing of that kind.
    ///
    /// - Throws: ``GatewayError`` for a page that may not.
    func preflight(_ head: HTTPRequest) throws(GatewayError) -> HTTPFields? {
        let fields = head.headerFields
        guard head.method == .options, let origin = fields[.origin], fields[.accessControlRequestMethod] != nil else {
            return nil
        }
        guard mayAsk(origin, head) else {
            throw GatewayError(
                .unauthorized,
                "pages of this origin may not ask; server.allowedOrigins names those that may", status: 403,
                parameter: "origin")
        }
        // Whose pages they are, every answer says.
        var answer: HTTPFields = [.accessControlAllowMethods: "GET, POST, PUT, PATCH, DELETE"]
        // As they were asked for: a wildcard would not cover the field with the key.
        answer[.accessControlAllowHeaders] = fields[.accessControlRequestHeaders]
        answer[.accessControlMaxAge] = "600"
        if fields[.requestPrivateNetwork] == "true" { answer[.allowPrivateNetwork] = "true" }
        return answer
    }
}

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
