/// One request to a collector, as a program's HTTP client has to send it.
public struct OTLPRequest: Sendable {
    /// The address, `http` or `https`.
    public let url: String
    /// The header fields, the content type among them; they may hold secrets.
    public let headers: [(name: String, value: String)]
    /// The body, which is sent with `POST`.
    public let body: [UInt8]
    /// How long the answer may take, which the exporter itself sees to as well, by cancelling the task.
    public let timeout: Duration
}

/// The answer of a collector.
public struct OTLPResponse: Sendable {
    /// The most bytes of a body that are looked at; a client need not read more.
    public static let maxBodyLength = 65_536

    /// The status.
    public let status: Int
    /// The values of `Retry-After`.
    public let retryAfter: [String]
    /// The beginning of the body.
    public let body: [UInt8]

    /// Creates an answer.
    ///
    /// - Parameters:
    ///   - status: The status.
    ///   - retryAfter: The values of `Retry-After`. Defaults to none.
    ///   - body: The beginning of the body. Defaults to nothing.
    public init(status: Int, retryAfter: [String] = [], body: [UInt8] = []) {
        self.status = status
        self.retryAfter = retryAfter
        self.body = body
    }
}

/// Sends a request with the HTTP client of the program; throws when there is no answer.
public typealias OTLPSend = @Sendable (OTLPRequest) async throws -> OTLPResponse
