import Hummingbird

/// Tells of requests whose endpoints do not do so themselves: for operators and lists, and those for which there is none.
struct PlainRequests: Sendable {
    /// The paths that programs ask every few seconds: only their failures are worth telling.
    private static let probes: Set = ["/health", "/health/live", "/health/ready", "/metrics"]

    private let routes: [String: RequestTelemetry]
    /// The routes that stand for all paths below theirs, by what these begin with.
    private let areas: [(prefix: String, RequestTelemetry)]
    private let unknown: RequestTelemetry

    /// - Parameters:
    ///   - telemetry: What is told.
    ///   - paths: The endpoints that tell nothing themselves.
    init(_ telemetry: ServerTelemetry, _ paths: [String]) {
        let wild = "**"
        routes = Dictionary(uniqueKeysWithValues: paths.map { ($0, telemetry.route($0, .request)) })
        areas = paths.filter { $0.hasSuffix(wild) }.map {
            (String($0.dropLast(wild.count)), telemetry.route($0, .request))
        }
        unknown = telemetry.route("unknown", .request)
    }

    /// The report of a request that has just come; nil for one that is told of elsewhere, or not at all.
    func begin(_ path: String, _ request: Request, id: String) -> RequestReport? {
        // What a browser asks before a request is told only when it is refused: then no request follows.
        guard request.method != .options, !Self.probes.contains(path) else { return nil }
        return route(path, request).map { RequestReport(id: id, $0, headers: request.headers) }
    }

    private func route(_ path: String, _ request: Request) -> RequestTelemetry? {
        if let route = routes[path] { return route }
        // What is sent to a path there goes to endpoints that tell of it themselves.
        guard request.method == .get || request.method == .head else { return nil }
        return areas.first { path.hasPrefix($0.prefix) }?.1
    }

    /// The report of a request that has failed and has none; nil where the endpoint has told of it.
    ///
    /// - Parameter isUnanswered: Whether no endpoint has taken it.
    func fail(_ path: String, _ request: Request, id: String, isUnanswered: Bool) -> RequestReport? {
        let telemetry = route(path, request) ?? (isUnanswered || request.method == .options ? unknown : nil)
        return telemetry.map { RequestReport(id: id, $0, headers: request.headers) }
    }
}
