import Hummingbird
import NIOCore
import SagePrometheus

/// `GET /metrics`: the page that Prometheus reads, for this machine or with the admin token.
struct MetricsEndpoint: Sendable {
    let metrics: GatewayMetrics
    let access: OperatorAccess
    let agent: Agent

    func respond(to request: Request, _ context: GatewayRequestContext) async throws -> Response {
        try access.check(request, context)
        await agent.stores.sample()
        let page = metrics.backend.render(accepting: request.headers[.accept])
        return Response(
            status: .ok, headers: [.contentType: page.contentType],
            body: ResponseBody(byteBuffer: ByteBuffer(string: page.text)))
    }
}
