public import AsyncHTTPClient
public import Logging
import NIOCore
import NIOHTTP1
public import SageResilience

/// An `HTTPClient` whose requests run through a pipeline of policies.
///
/// ```swift
/// let pipeline = try ResiliencePipeline("search") {
///     RetryConfiguration.network
///     CircuitBreakerConfiguration.network
///     try TimeLimiter(.seconds(5))
/// }
/// let http = ResilientHTTPClient(.shared, pipeline)
/// let request = HTTPClientRequest(url: "https://search.example.com/?q=swift")
/// let response = try await http.execute(request, timeout: .seconds(20))
/// let body = try await response.body.collect(upTo: 1024 * 1024)
/// ```
///
/// *Answers.* The caller gets what a bare client gives: the last answer, whatever its status, or the last error. On the
/// way an answer of 400 and above is an ``HTTPAttemptError``: a 429, a 503 and most others of the 5xx are failures of
/// the service, and repeated as the pipeline's retry says, not before their `Retry-After`; what is the caller's fault
/// (a 404) is returned at once, and no breaker counts it.
///
/// *Requests.* Repeated, or sent as the copy of a hedge, are those whose method is idempotent (RFC 9110, section
/// 9.2.2) or that have an `Idempotency-Key`, and whose body can be sent again; any other is repeated only when it
/// certainly was not sent. A breaker is one service's: make a client for each service, around the same `HTTPClient`.
///
/// *Bodies.* What the pipeline's gates have granted is held until the body has been read. Its end is the success, its
/// error the failure, and a body that is dropped unread is neither. Up to 64 KiB of a failed answer to a request that may
/// be repeated are read at once, so that its connection can be used again; one that takes longer than 1 s is cut there,
/// and the caller who gets it reads `HTTPClientError.readTimeout` at that point.
///
/// A `Fallback` in the pipeline has no alternative here, and does nothing. A value type, safe to share.
public struct ResilientHTTPClient: Sendable {
    /// Sends the requests; it remains its owner's to shut down.
    public let client: HTTPClient
    /// What they run through.
    public let pipeline: ResiliencePipeline
    /// How much of a failed answer is read at once.
    package var salvage = Salvage()

    /// Creates a guarded client.
    ///
    /// - Parameters:
    ///   - client: Sends the requests. Defaults to the client that the process shares.
    ///   - pipeline: What they run through.
    public init(_ client: HTTPClient = .shared, _ pipeline: ResiliencePipeline) {
        self.client = client
        self.pipeline = pipeline
    }

    /// Sends a request, and again while that is useful, and waits for the head of the answer.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - timeout: How long it may take until the head of the last answer has arrived, attempts and waits together;
    ///     zero or less has passed already. An earlier `CallContext.deadline` holds. The time of a body is not
    ///     limited: `HTTPClient.Configuration.Timeout.read` and `StreamLimits` do that.
    ///   - idempotency: Whether the request may reach the service twice. Defaults to what its method and its
    ///     `Idempotency-Key` say.
    ///   - logger: Receives what the client logs about the request. Defaults to nobody.
    /// - Returns: The last answer, whatever its status. Its body can be read once.
    /// - Throws: The last attempt's own error, a `ResilienceRejection` or a `TimeLimiterError`.
    public func execute(
        _ request: HTTPClientRequest, timeout: Duration, idempotency: RetryConfiguration.Idempotency? = nil,
        logger: Logger? = nil
    ) async throws -> HTTPClientResponse {
        var context = CallContext.current
        context.isOnceOnly = !request.canBeRepeated(idempotency)
        return try await CallContext.$current.withValue(context) {
            try await CallContext.with(deadline: .after(timeout)) {
                guard context.isOnceOnly else { return try await exchange(request, logger) }
                return try await Hedge.withoutCopies { try await exchange(request, logger) }
            }
        }
    }

    private func exchange(_ request: HTTPClientRequest, _ logger: Logger?) async throws -> HTTPClientResponse {
        do {
            return try await GuardedBody().open(pipeline, isBodiless: request.method == .HEAD) {
                try await attempt(request, logger)
            }
        } catch let failure as HTTPAttemptError {
            return try failure.response.get()
        }
    }

    private func attempt(_ request: HTTPClientRequest, _ logger: Logger?) async throws -> Exchange {
        var response: HTTPClientResponse
        do {
            response = try await client.execute(request, deadline: .ofCall, logger: logger)
        } catch {
            throw HTTPAttemptError(error)
        }
        guard response.status.code >= 400 else { return Exchange(response) }
        if !CallContext.current.isOnceOnly, HTTPAttemptError.isWorthRepeating(response) {
            await salvage.read(&response)
        }
        throw HTTPAttemptError(response)
    }
}
