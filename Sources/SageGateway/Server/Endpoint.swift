import HTTPTypes
import Hummingbird

/// What answers a method on a path.
struct Endpoint: Sendable {
    typealias Handler = @Sendable (Request, GatewayRequestContext) async throws -> Response

    let method: HTTPRequest.Method
    let path: String
    let respond: Handler

    init(_ method: HTTPRequest.Method, _ path: String, respond: @escaping Handler) {
        self.method = method
        self.path = path
        self.respond = respond
    }
}
