import HTTPTypes
import Hummingbird
import NIOCore
import SageResilience

/// An error of the engine as an answer.
///
/// It names no policy: how a server is made is no client's business.
struct Refusal: Sendable {
    let status: HTTPResponse.Status
    let code: String
    let message: String
    /// Whole seconds.
    let retryAfter: Int64?

    /// - Parameters:
    ///   - error: Nil is the result for an error that is not the engine's.
    ///   - isOwn: Whether the limits of the client or the middleware's own pipeline have refused the request. What a
    ///     handler lets through is about what the handler uses, and not the client's doing.
    init?(_ error: any Error, isOwn: Bool) {
        switch error {
        case let rejection as any ResilienceRejection: self.init(rejection, isOwn: isOwn)
        case is TimeLimiterError:
            self.init(.gatewayTimeout, "timeout", "the answer was not ready in time", retryAfter: nil)
        case let error as RegistryError:
            // Names that are missing are a mistake of the server's.
            guard case .full = error.reason else { return nil }
            self.init(.serviceUnavailable, "registry_full", Self.unavailable, retryAfter: 1)
        default: return nil
        }
    }

    private init(_ rejection: any ResilienceRejection, isOwn: Bool) {
        let code = rejection.reason.rawValue
        let wait = rejection.retryAfter.map(Self.wholeSeconds)
        if rejection.reason == .deadlineExceeded {
            self.init(.gatewayTimeout, code, "the time for the request is over", retryAfter: wait)
        } else if isOwn, rejection is RateLimiterError || rejection is AdaptiveRateLimiterError {
            self.init(.tooManyRequests, code, "too many requests", retryAfter: wait ?? 1)
        } else {
            // When a request in flight will end is not known; a second is the shortest that can be said.
            self.init(.serviceUnavailable, code, Self.unavailable, retryAfter: wait ?? 1)
        }
    }

    private static let unavailable = "the service cannot take the request now"

    private init(_ status: HTTPResponse.Status, _ code: String, _ message: String, retryAfter: Int64?) {
        self.status = status
        self.code = code
        self.message = message
        self.retryAfter = retryAfter
    }

    /// Rounded up, because who comes back too early is refused again; at least 1.
    static func wholeSeconds(_ wait: Duration) -> Int64 {
        let (seconds, attoseconds) = max(.zero, wait).components
        return max(1, attoseconds > 0 ? seconds.addingSaturating(1) : seconds)
    }

    var response: Response {
        var headers: HTTPFields = [.contentType: "application/json"]
        if let retryAfter { headers[.retryAfter] = String(retryAfter) }
        let body = #"{"error":{"code":"\#(code)","message":"\#(message)"}}"#
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: body)))
    }
}
