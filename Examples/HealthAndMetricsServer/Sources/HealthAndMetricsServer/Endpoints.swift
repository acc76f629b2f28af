import Foundation
import Hummingbird
import SageHummingbird
import SagePrometheus

/// What the server answers to.
func endpoints(of shop: Shop, metrics prometheus: PrometheusMetrics) throws -> Router<BasicRequestContext> {
    let router = Router()

    // The process runs; an orchestrator restarts it when this does not answer.
    router.get("health/live") { _, _ in "live\n" }

    // The process can do its work; a load balancer sends it nothing while it cannot.
    router.get("health/ready") { _, _ in
        let report = await shop.health.report()
        let text = report.isHealthy ? "ready\n" : "not ready: \(report.problems.joined(separator: ", "))\n"
        return Response(
            status: report.isHealthy ? .ok : .serviceUnavailable,
            headers: [.contentType: "text/plain; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    // Everything that is known, for people.
    router.get("health") { _, _ in
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        let report = try encoder.encode(await shop.health.report())
        return Response(
            status: .ok, headers: [.contentType: "application/json; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: report)))
    }

    router.get("metrics") { request, _ in
        let page = prometheus.render(accepting: request.headers[.accept])
        return Response(
            status: .ok, headers: [.contentType: page.contentType],
            body: ResponseBody(byteBuffer: ByteBuffer(string: page.text)))
    }

    // Only what does work is limited. Its refusals, and those of the breaker further in, say when to come back.
    router.group()
        .add(middleware: try ResilienceMiddleware(shop.limits, timeout: .seconds(10)))
        .get("stock/{item}") { _, context in
            let item = try context.parameters.require("item")
            do {
                return "\(item): \(try await shop.stock(of: item))\n"
            } catch is Inventory.Unavailable {
                throw HTTPError(.badGateway, message: "the inventory does not answer")
            }
        }
    return router
}
