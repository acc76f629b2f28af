import HTTPTypes
public import Hummingbird
public import SageResilience

/// Who sent a request, as far as limits are concerned.
public enum ClientKey: Sendable, Hashable {
    /// What may be read by people: an address, the name of an account.
    case name(String)
    /// What may not: an API key. Events, errors and metrics hold only a fingerprint of it (`KeyedRateLimiter`).
    case secret(String)
}

/// How many requests each client may send.
///
/// A client that sends more is refused at once, whatever the limiters' own longest wait. Its answers say in `RateLimit`
/// how many requests are left (`r`) and, when none is, in how many seconds there will be one (`t`), as in
/// draft-ietf-httpapi-ratelimit-headers. Thread-safe.
public struct ClientLimits<Context: RequestContext>: Sendable {
    private let limiters: KeyedRateLimiter
    private let key: @Sendable (Request, Context) -> ClientKey?

    /// Creates limits.
    ///
    /// - Parameters:
    ///   - limiters: A limiter for each client; their number is bounded, and the clients for whom there is no place
    ///     share one (`KeyedRateLimiter.others`).
    ///   - key: Who sent a request: the address that a `RemoteAddressRequestContext` knows, or an account or API key
    ///     that a middleware further out has checked. Nil is nobody in particular, whose requests are not limited here.
    ///     Fields that any client can invent (`X-Forwarded-For` without a proxy that sets it, an API key before it is
    ///     checked) limit nobody, and take the places of others.
    public init(_ limiters: KeyedRateLimiter, key: @escaping @Sendable (Request, Context) -> ClientKey?) {
        self.limiters = limiters
        self.key = key
    }

    /// Takes a permit of the request's client.
    ///
    /// - Throws: Only what is no refusal, such as a `CancellationError`.
    func admit(_ request: Request, _ context: Context) async throws -> ClientAdmission {
        guard let key = key(request, context) else { return ClientAdmission() }
        let limiter =
            switch key {
            case .name(let name): limiters.limiter(for: "client", name)
            case .secret(let secret): limiters.limiter(for: "client", secret: secret)
            }
        var admission = ClientAdmission()
        do {
            try await limiter.acquire(maxWait: .zero)
        } catch {
            guard let refusal = Refusal(error, isOwn: true) else { throw error }
            admission.refusal = refusal
        }
        admission.state = limiter.snapshot()
        return admission
    }
}

/// What the limits have said about a request.
struct ClientAdmission: Sendable {
    /// The answer in place of the handler's; nil when the request is admitted.
    var refusal: Refusal?
    /// The client's limiter after the request; nil when nothing limits it.
    var state: RateLimiter.Snapshot?

    /// The fields that tell the client what is left.
    var fields: HTTPFields {
        guard let state, let name = Self.name else { return [:] }
        let wait = state.retryAfter.map { ";t=\(Refusal.wholeSeconds($0))" } ?? ""
        return [name: "\"client\";r=\(state.availablePermits)\(wait)"]
    }

    private static let name = HTTPField.Name("RateLimit")
}
