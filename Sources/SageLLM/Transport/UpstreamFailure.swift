/// Why an exchange with a provider broke off.
@nonexhaustive
public enum UpstreamFailure: Error, Sendable, Hashable {
    /// The connection could not be made, or broke.
    case connection(ProviderError.TransportFailure, detail: String? = nil)
    /// No connection was made in time. Nothing was sent.
    case connectTimeout
    /// The head of the answer did not come in time.
    case responseHeadersTimeout
    /// The next part of the body did not come in time.
    case bodyTimeout
    /// The body is longer than the caller accepts, in bytes.
    case bodyTooLarge(limit: Int)
    /// The request could not be sent as it is, for example because its URL is invalid.
    case invalidRequest(detail: String)
    /// The caller ended the exchange.
    case cancelled
}
