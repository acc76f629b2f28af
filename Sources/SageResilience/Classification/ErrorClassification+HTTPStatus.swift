extension ErrorClassification {
    /// What the status of an HTTP answer says by itself (RFC 9110, RFC 6585; 529 is Anthropic's).
    ///
    /// A body may say more: a 400 may be a prompt that is too long, a 429 an empty account.
    ///
    /// - Parameters:
    ///   - status: The status; one that is no error is unknown, because the answer must have been wrong otherwise.
    ///   - retryAfter: The wait that the server asked for. Defaults to none.
    public init(httpStatus status: Int, retryAfter: Duration? = nil) {
        self.init(Self.errorClass(ofHTTPStatus: status), hint: retryAfter.map(ServerHint.wait))
    }

    /// What a failed HTTP answer says by its status; nil for one below 400, which is no failure.
    ///
    /// For clients that return every answer, and for `execute(_:judging:)`.
    ///
    /// - Parameters:
    ///   - status: The status.
    ///   - retryAfter: The wait that the server asked for. Defaults to none.
    public init?(failedHTTPStatus status: Int, retryAfter: Duration? = nil) {
        guard status >= 400 else { return nil }
        self.init(httpStatus: status, retryAfter: retryAfter)
    }

    private static func errorClass(ofHTTPStatus status: Int) -> ErrorClass {
        switch status {
        case 401, 403, 407: .authentication
        case 402: .quotaExhausted
        // 408: the server waited for our request; 409: two requests collided; 425: too early for replayable data.
        case 408, 409, 425: .transient
        case 429: .rateLimited
        case 503, 529: .overloaded
        case 501, 505: .permanent
        case 504: .timeout
        case 500...599: .transient
        // A redirect as the final answer means a wrong address.
        case 300...499: .permanent
        default: .unknown
        }
    }
}
