import HTTPTypes
import Hummingbird
import Logging
import SageLLM

/// Gives every error the envelope that clients' libraries understand, every answer its request id, and every request that
/// nobody else tells of its line and its counts.
struct ErrorEnvelopeMiddleware: RouterMiddleware {
    typealias Context = GatewayRequestContext

    /// The paths that exist, each with its methods.
    private let methods: [String: Set<HTTPRequest.Method>]
    private let plain: PlainRequests

    init(_ endpoints: [Endpoint], _ plain: PlainRequests) {
        self.plain = plain
        methods = endpoints.reduce(into: [:]) { methods, endpoint in
            methods[endpoint.path, default: []].insert(endpoint.method)
            // The router answers HEAD wherever there is a GET.
            if endpoint.method == .get { methods[endpoint.path, default: []].insert(.head) }
        }
    }

    func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        let id = RequestIdentifier.next()
        let dialect = Dialect(path: request.uri.path)
        var context = context
        context.logger[metadataKey: "request_id"] = .string(id)
        let path = path(of: request)
        var report = plain.begin(path, request, id: id)
        var response: Response
        var told: GatewayError?
        do {
            response = try await next(request, context)
        } catch {
            let error = gatewayError(error, request, context)
            told = error.told
            response = Response(error.told, dialect, requestID: id)
            if response.status == .methodNotAllowed { response.headers[.allow] = allowed(request) }
            report = report ?? plain.fail(path, request, id: id, isUnanswered: error.isOfRouter)
        }
        report?.end(told.map(RequestOutcome.init) ?? .success, status: response.status.code, error: told)
        // A body would be taken for the beginning of the next answer.
        if request.method == .head { response = response.createHeadResponse() }
        if response.headers[.requestID] == nil { response.headers[.requestID] = id }
        // Clients' libraries show this one in their errors; where a provider answered it is the provider's.
        if response.status.code >= 400, response.headers[.upstreamRequestID] == nil {
            response.headers[.upstreamRequestID] = response.headers[.requestID]
        }
        return response
    }

    /// What the client is told of an error, and whether the request has found no endpoint.
    private func gatewayError(
        _ error: any Error, _ request: Request, _ context: Context
    ) -> (told: GatewayError, isOfRouter: Bool) {
        switch error {
        case let error as GatewayError: (error, false)
        case let error as HTTPError: (routingError(error, request), true)
        default: (GatewayError(unexpected: error, context.logger), false)
        }
    }

    private func routingError(_ error: HTTPError, _ request: Request) -> GatewayError {
        guard error.status == .notFound else {
            return GatewayError(.invalidRequest, error.body ?? "invalid request", status: error.status.code)
        }
        guard methods[path(of: request)] != nil else {
            return GatewayError(.invalidRequest, "no such path: \(request.uri.path.prefix(256))", status: 404)
        }
        return GatewayError(
            .invalidRequest,
            "\(request.method.rawValue) is not allowed for \(request.uri.path); allowed is \(allowed(request))",
            status: 405)
    }

    private func allowed(_ request: Request) -> String {
        (methods[path(of: request)] ?? []).map(\.rawValue).sorted().joined(separator: ", ")
    }

    /// The path as the router sees it, for which empty components do not count.
    private func path(of request: Request) -> String {
        "/" + request.uri.path.split(separator: "/").joined(separator: "/")
    }
}

extension GatewayError {
    /// What the client gets to see of an error that should not be; its text might tell secrets, so only its type is
    /// logged.
    init(unexpected error: any Error, _ logger: Logger) {
        logger.error("unexpected error", metadata: ["error_type": .string("\(type(of: error))")])
        self.init(.overloaded, "unexpected error in Sage; see its log", retryAfter: .seconds(1))
    }
}

extension Response {
    /// The answer for an error, in the words of the client's dialect.
    init(_ error: GatewayError, _ dialect: Dialect, requestID: String? = nil) {
        self.init(
            status: error.httpStatus, headers: error.headers,
            body: .init(byteBuffer: error.envelope(dialect, requestID: requestID).jsonBuffer))
    }

    /// An answer in JSON.
    init(status: HTTPResponse.Status = .ok, json: JSONValue) {
        self.init(status: status, headers: [.contentType: "application/json"], body: .init(byteBuffer: json.jsonBuffer))
    }
}
