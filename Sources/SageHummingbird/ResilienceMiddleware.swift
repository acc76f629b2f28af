public import HTTPTypes
public import Hummingbird
public import SageResilience

/// Limits what clients may ask of a server, and sheds what it cannot do in time.
///
/// ```swift
/// let guarding = try ResiliencePipeline("server") {
///     try BulkheadConfiguration(limit: 200, maxQueued: 100, maxWait: .seconds(1))
/// }
/// let perMinute = try RateLimiterConfiguration(.slidingWindow(limit: 100, per: .seconds(60)))
/// let clients = try KeyedRateLimiter("clients", perMinute, capacity: 10_000)
///
/// // Its context is a `RemoteAddressRequestContext`.
/// let router = Router(context: AddressContext.self)
/// router.add(
///     middleware: try ResilienceMiddleware(
///         guarding,
///         clients: ClientLimits(clients) { _, context in context.remoteAddress?.ipAddress.map(ClientKey.name) },
///         timeout: .seconds(30),
///         exempting: ["/health", "/metrics"]))
/// ```
///
/// *Refusals.* A client beyond its own limit, and a request that a rate limiter of the pipeline refuses, get a 429; what
/// the server has no room for gets a 503; both with a `Retry-After` of whole seconds. A refusal that a handler lets
/// through, for example of the open circuit breaker of a database or of the rate limiter for another service, becomes a
/// 503 in the same way, and a time limit or a deadline that has passed a 504. Other errors pass unchanged, but for the
/// `RateLimit` that an `HTTPError` takes along.
///
/// *Outcomes.* What the pipeline's gates have granted is held until the answer has been written, also that of a stream.
/// A status of 500 and above, and an error, is a failure by its class; a client that went away says nothing. How long a
/// client takes to read is not counted as the server's time.
///
/// *Order.* Put it after the middlewares that log, measure and trace, which then see its answers, and before the
/// others. Time limits, retries and hedges in the pipeline need an operation and do nothing here. Thread-safe.
public struct ResilienceMiddleware<Context: RequestContext>: RouterMiddleware {
    private let pipeline: ResiliencePipeline
    private let clients: ClientLimits<Context>?
    private let timeout: Duration?
    private let timeoutHeader: HTTPField.Name?
    private let exemptPaths: Set<String>
    private let priority: @Sendable (Request, Context) -> CallPriority
    /// Measures the time of a request.
    package var clock: any Clock<Duration> = ContinuousClock()

    /// Creates a middleware.
    ///
    /// - Parameters:
    ///   - pipeline: The gates that each request passes: a `Bulkhead`, which lets requests wait by their priority and
    ///     refuses the least important ones first, an `AdaptiveLimiter`, a `RateLimiter`.
    ///   - clients: What a single client may ask for. Defaults to no limit.
    ///   - timeout: When a request is of no more use, more than 0; it becomes `CallContext.deadline`, which every
    ///     policy further in heeds. Defaults to no limit.
    ///   - timeoutHeader: The field by which a client may ask for a shorter time, in seconds, with or without a
    ///     fraction; what is no such number is ignored. Defaults to none.
    ///   - exemptPaths: The paths that are neither limited nor counted, such as those of health and metrics. Defaults
    ///     to none.
    ///   - priority: How important a request is. Defaults to normal for all.
    /// - Throws: `ConfigurationError` for a timeout that is out of range.
    public init(
        _ pipeline: ResiliencePipeline, clients: ClientLimits<Context>? = nil, timeout: Duration? = nil,
        timeoutHeader: HTTPField.Name? = nil, exempting exemptPaths: Set<String> = [],
        priority: @escaping @Sendable (Request, Context) -> CallPriority = { _, _ in .normal }
    ) throws(ConfigurationError) {
        if let timeout, timeout <= .zero {
            throw ConfigurationError(field: "timeout", value: timeout, allowed: "more than 0")
        }
        self.pipeline = pipeline
        self.clients = clients
        self.timeout = timeout
        self.timeoutHeader = timeoutHeader
        self.exemptPaths = Set(exemptPaths.map(Self.normalized))
        self.priority = priority
    }

    /// Answers a request, by refusing it or by what is further in.
    public func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        if exemptPaths.contains(Self.normalized(request.uri.path)) { return try await next(request, context) }
        let deadline = timeLeft(for: request).map { Deadline.after($0, clock: clock) }
        return try await CallContext.with(priority: priority(request, context), deadline: deadline) {
            let admission = try await clients?.admit(request, context) ?? ClientAdmission()
            do {
                var response =
                    if let refusal = admission.refusal { refusal.response } else {
                        try await guarded(request, context, next)
                    }
                response.headers.append(contentsOf: admission.fields)
                return response
            } catch var error as HTTPError {
                error.headers.append(contentsOf: admission.fields)
                throw error
            }
        }
    }

    private func guarded(
        _ request: Request, _ context: Context, _ next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        let permit: SharedPipelinePermit
        do {
            permit = try await pipeline.acquire().shared()
        } catch {
            guard let refusal = Refusal(error, isOwn: true) else { throw error }
            return refusal.response
        }
        do {
            var response = try await next(request, context)
            permit.stopTiming()
            // The router writes no body to a HEAD, so nobody would tell of its end.
            if request.method == .head {
                permit.end(response.status)
            } else {
                response.body = response.body.ending(permit, status: response.status)
            }
            return response
        } catch {
            permit.end(error)
            guard let refusal = Refusal(error, isOwn: false) else { throw error }
            return refusal.response
        }
    }

    /// The time that the client gives the server, but not more than the server gives itself.
    private func timeLeft(for request: Request) -> Duration? {
        guard let field = timeoutHeader.flatMap({ request.headers[$0] }), let seconds = Double(field),
            seconds > 0, seconds < 1e9
        else { return timeout }
        let asked = Duration.seconds(seconds)
        return timeout.map { min($0, asked) } ?? asked
    }

    /// The path as the router sees it, for which empty components do not count.
    private static func normalized(_ path: String) -> String {
        path.split(separator: "/").joined(separator: "/")
    }
}
