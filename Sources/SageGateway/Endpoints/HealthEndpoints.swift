import Hummingbird
import SageLLM

/// `GET /health/live`, `/health/ready` and `/health`.
struct HealthEndpoints: Sendable {
    let status: StatusReport

    /// The process runs.
    func live() -> Response {
        Response(json: ["status": "live"])
    }

    /// A request could be served.
    func ready() -> Response {
        guard let reason = status.whyNotReady else { return Response(json: ["status": "ready"]) }
        return Response(status: .serviceUnavailable, json: ["status": "not_ready", "reason": .string(reason)])
    }

    /// How the services behind Sage are.
    func health() -> Response {
        Response(json: status.health)
    }
}
