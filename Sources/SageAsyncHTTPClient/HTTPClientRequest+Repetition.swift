import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import SageResilience

extension HTTPClientRequest {
    /// Whether the request may reach the service twice.
    ///
    /// - Parameter idempotency: What the caller says about it; nil is what the method and an `Idempotency-Key` say.
    func canBeRepeated(_ idempotency: RetryConfiguration.Idempotency?) -> Bool {
        let isIdempotent =
            idempotency.map { $0 == .idempotent }
            ?? (method.isIdempotent || headers["idempotency-key"].contains { !$0.isEmpty })
        return isIdempotent && (body?.canBeSentAgain ?? true)
    }
}

extension HTTPMethod {
    /// Whether making a request twice does what making it once does (RFC 9110, section 9.2.2).
    fileprivate var isIdempotent: Bool {
        switch self {
        case .GET, .HEAD, .OPTIONS, .TRACE, .PUT, .DELETE: true
        default: false
        }
    }
}

extension HTTPClientRequest.Body {
    /// Whether the body is in memory, so that it can be sent again; a stream can be read only once.
    ///
    /// The client knows it and does not tell, so the form of the body is read by reflection. A form that is not known
    /// counts as a stream, which at worst is not repeated.
    var canBeSentAgain: Bool {
        guard let mode = Mirror(reflecting: self).descendant("mode"),
            let form = Mirror(reflecting: mode).children.first
        else { return false }
        switch form.label {
        case "byteBuffer": return true
        case "sequence":
            return Mirror(reflecting: form.value).descendant("canBeConsumedMultipleTimes") as? Bool ?? false
        default: return false
        }
    }
}

extension NIODeadline {
    /// The deadline of the present call; never without one.
    static var ofCall: NIODeadline {
        guard let remaining = CallContext.current.deadline?.remaining else { return .distantFuture }
        // A century is as good as for ever, and can be added to the present.
        return .now() + .nanoseconds(min(remaining, .seconds(3_155_760_000)).saturatingNanoseconds)
    }
}
