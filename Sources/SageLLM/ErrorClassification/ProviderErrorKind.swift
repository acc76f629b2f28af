extension ProviderError {
    /// How a call to a provider failed.
    @nonexhaustive
    public enum Kind: Sendable, Hashable {
        /// The provider answered with an error status.
        case answer
        /// The connection failed before or during the answer.
        case transport(TransportFailure)
        /// One of our time limits passed.
        case timeout(TimeoutPhase)
        /// An error arrived inside an answer that had begun as a success.
        case streamError
        /// A stream ended without its end marker.
        case truncatedStream
        /// The answer could not be understood: no JSON, a missing field, too long.
        case malformedAnswer
    }

    /// What happened to the connection.
    @nonexhaustive
    public enum TransportFailure: String, Sendable, Hashable, CaseIterable {
        /// The host's name could not be resolved.
        case nameResolution = "dns"
        /// The connection was refused, or there is no route to the host.
        case connectFailed = "connect_failed"
        /// The TLS handshake failed, for example for a wrong certificate.
        case tlsHandshake = "tls_handshake"
        /// A pooled connection turned out to be closed before anything of the request was written.
        case closedBeforeRequest = "closed_before_request"
        /// The peer reset the connection.
        case connectionReset = "connection_reset"
        /// The peer closed the connection before the answer was complete.
        case connectionClosed = "connection_closed"
        /// The peer broke the rules of HTTP or TLS.
        case protocolViolation = "protocol_violation"
        /// Anything else.
        case other

        /// Whether nothing of the request can have reached the provider, so that repeating it is safe.
        public var isNotSent: Bool {
            switch self {
            case .nameResolution, .connectFailed, .tlsHandshake, .closedBeforeRequest: true
            case .connectionReset, .connectionClosed, .protocolViolation, .other: false
            }
        }

        var explanation: String {
            switch self {
            case .nameResolution: "the host name could not be resolved"
            case .connectFailed: "the connection could not be made"
            case .tlsHandshake: "the TLS handshake failed"
            case .closedBeforeRequest: "the connection was closed before the request was written"
            case .connectionReset: "the connection was reset"
            case .connectionClosed: "the connection was closed before the answer was complete"
            case .protocolViolation: "the peer broke the protocol"
            case .other: "the connection failed"
            }
        }
    }

    /// Which of our time limits passed.
    @nonexhaustive
    public enum TimeoutPhase: String, Sendable, Hashable, CaseIterable {
        /// Making the connection, the TLS handshake included.
        case connect
        /// From the request to the headers of the answer.
        case responseHeaders = "response_headers"
        /// From the headers to the first token of a stream.
        case firstToken = "first_token"
        /// From one token of a stream to the next.
        case betweenTokens = "between_tokens"
        /// Tokens came, but too few of them.
        case throughput
        /// The whole attempt.
        case total

        var explanation: String {
            switch self {
            case .connect: "no connection"
            case .responseHeaders: "no response headers"
            case .firstToken: "no first token"
            case .betweenTokens: "no further token"
            case .throughput: "too few tokens"
            case .total: "no complete answer"
            }
        }
    }
}
