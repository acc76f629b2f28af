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
/// A client that sends more is refused at once, whatever the limiters' own longest wait. Answers to the others say in
/// `RateLimit` how many requests are left (draft-ietf-httpapi-ratelimit-headers). Thread-safe.
public struct ClientLimits<Context: RequestContext>: Sendable {
    private let limiters: KeyedRateLimiter
    private let key: @Sendable (Request, Context) -> ClientKey?

    /// Creates limits.
    ///
    /// - Parameters:
    ///   - limiters: A limiter for each client; their number is bounded, and so is what strangers can make it hold.
    ///   - key: Who sent a request: by a field, an API key, or the address that a `RemoteAddressRequestContext` knows.
    ///     Nil is nobody in particular, whose requests are not limited here. Fields that any client can invent
    ///     (`X-Forwarded-For` without a proxy that sets it, an API key before it is checked) limit nobody, and take the
    ///     places of others.
    public init(_ limiters: KeyedRateLimiter, key: @escaping @Sendable (Request, Context) -> ClientKey?) {
        self.limiters = limiters
        self.key = key
    }

    /// Takes a permit of the request's client.
    ///
    /// - Returns: The fields that tell the client what is left.
    /// - Throws: `RateLimiterError`; `RegistryError` when too many clients are active at once.
    func admit(_ request: Request, _ context: Context) async throws -> HTTPFields {
        let limiter =
            switch key(request, context) {
            case .name(let name): try limiters.limiter(for: "client", name)
            case .secret(let secret): try limiters.limiter(for: "client", secret: secret)
            case nil: RateLimiter?.none
            }
        guard let limiter else { return [:] }
        try await limiter.acquire(maxWait: .zero)
        guard let field = HTTPField.Name("RateLimit") else { return [:] }
        return [field: "\"client\";r=\(limiter.snapshot().availablePermits)"]
    }
}
