import HTTPTypes
import NIOCore
import SageLLM
import SageResilience

/// Gets a client's request answered by one of its model's targets.
struct RequestRelay: Sendable {
    /// What the client gets.
    enum Reply: Sendable {
        case completion(ByteBuffer, HTTPFields)
        case stream(RelayedStream, HTTPFields)
    }

    private let routes: RouteTable
    private let random: RandomSource
    private let timeline: Timeline

    init(_ routes: RouteTable, random: RandomSource = .system, clock: any Clock<Duration> = ContinuousClock()) {
        self.routes = routes
        self.random = random
        self.timeline = Timeline(clock)
    }

    /// Sends a request to one target after the other until one answers for certain.
    ///
    /// - Throws: ``GatewayError``, or `CancellationError` when the client went away.
    func answer(_ request: InboundRequest, report: RequestReport) async throws -> Reply {
        let route = try routes.resolve(request.model, for: request.format.dialect, client: request.client)
        let run = RequestRun(request, route, report: report, random: random, timeline: timeline)
        return try await run.answer()
    }
}
