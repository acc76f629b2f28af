import HTTPTypes
import Hummingbird
import NIOCore
import SageResilience

/// An error of the engine as an answer.
///
/// It names no policy: how a server is made is no client's business.
struct Refusal {
    let status: HTTPResponse.Status
    let code: String
    let message: String
    /// Whole seconds.
    let retryAfter: Int64?

    /// - Parameter error: Nil is the result for an error that is not the engine's.
    init?(_ error: any Error) {
        switch error {
        case let rejection as any ResilienceRejection: self.init(rejection)
        case is TimeLimiterError:
            self.init(.gatewayTimeout, "timeout", "the answer was not ready in time", retryAfter: nil)
        case let error as RegistryError:
            // Names that are missing are a mistake of the server's.
            guard case .full = error.reason else { return nil }
            self.init(.serviceUnavailable, "too_many_clients", "too many clients are active", retryAfter: 1)
        default: return nil
        }
    }

    private init(_ rejection: any ResilienceRejection) {
        let code = rejection.reason.rawValue
        let wait = rejection.retryAfter.map(Self.wholeSeconds)
        switch rejection.reason {
        case .deadlineExceeded:
            self.init(.gatewayTimeout, code, "the time for the request is over", retryAfter: wait)
        case .rateLimited, .waitTooLong, .insufficientCapacity:
            guard rejection is RateLimiterError else { fallthrough }
            self.init(.tooManyRequests, code, "too many requests", retryAfter: wait ?? 1)
        default:
            // When a request in flight will end is not known; a second is the shortest that can be said.
            self.init(.serviceUnavailable, code, "the service cannot take the request now", retryAfter: wait ?? 1)
        }
    }

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
