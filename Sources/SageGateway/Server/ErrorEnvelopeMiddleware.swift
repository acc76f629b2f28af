import HTTPTypes
import Hummingbird
import Logging
import SageLLM

/// Gives every error the envelope that clients' libraries understand, and every answer its request id.
struct ErrorEnvelopeMiddleware: RouterMiddleware {
    typealias Context = GatewayRequestContext

    /// The paths that exist, each with its methods.
    private let methods: [String: Set<HTTPRequest.Method>]

    init(_ endpoints: [Endpoint]) {
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
        var context = context
        context.logger[metadataKey: "request_id"] = .string(id)
        var response: Response
        do {
            response = try await next(request, context)
        } catch let error as GatewayError {
            response = Response(error)
        } catch let error as HTTPError {
            response = Response(routingError(error, request))
            if response.status == .methodNotAllowed { response.headers[.allow] = allowed(request) }
        } catch {
            response = Response(GatewayError(unexpected: error, context.logger))
        }
        // A body would be taken for the beginning of the next answer.
        if request.method == .head { response = response.createHeadResponse() }
        if response.headers[.requestID] == nil { response.headers[.requestID] = id }
        // Clients' libraries show this one in their errors; where a provider answered it is the provider's.
        if response.status.code >= 400, response.headers[.upstreamRequestID] == nil {
            response.headers[.upstreamRequestID] = response.headers[.requestID]
        }
        return response
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
    /// The answer for an error.
    init(_ error: GatewayError) {
        self.init(
            status: .init(code: error.status), headers: error.headers,
            body: .init(byteBuffer: error.envelope.json.jsonBuffer))
    }

    /// An answer in JSON.
    init(status: HTTPResponse.Status = .ok, json: JSONValue) {
        self.init(status: status, headers: [.contentType: "application/json"], body: .init(byteBuffer: json.jsonBuffer))
    }
}
