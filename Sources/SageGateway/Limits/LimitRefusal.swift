import SageResilience

/// A limit refused a call; nothing was sent.
struct LimitRefusal: Error, Sendable, Hashable {
    /// What was limited.
    enum Kind: Sendable, Hashable {
        /// Requests or tokens in a time.
        case rate
        /// Requests at the same time.
        case concurrency
    }

    /// The name of the limit, for example `openai/gpt-5-mini`.
    let name: String
    let kind: Kind
    /// What happened, as the end of a sentence.
    let cause: String
    /// When another try can succeed.
    let retryAfter: Duration

    init(name: String, kind: Kind, cause: String, retryAfter: Duration) {
        self.name = name
        self.kind = kind
        self.cause = cause
        self.retryAfter = retryAfter
    }

    init(_ error: RateLimiterError, _ set: LimitSet) {
        let cause =
            switch error.reason {
            case .queueFull: "too many requests wait for it already"
            case .deadlineExceeded: "the deadline would pass before there is room"
            default: "it is used up, and waiting would take too long"
            }
        self.init(name: set.name, kind: .rate, cause: cause, retryAfter: error.retryAfter ?? .seconds(60))
    }

    /// All instances together have used up a limit.
    init(shared account: SharedAccount, _ reason: RejectionReason, retryAfter: Duration) {
        let cause =
            switch reason {
            case .queueFull, .displaced: "too many requests wait for it already"
            default: "all instances together have used it up, and waiting would take too long"
            }
        self.init(name: account.owner, kind: .rate, cause: cause, retryAfter: retryAfter)
    }

    init(_ error: BulkheadError, _ set: LimitSet) {
        let cause =
            switch error.reason {
            case .queueFull: "too many requests wait for a place already"
            case .displaced: "a more important request took the place in the queue"
            case .deadlineExceeded: "the deadline passed before there was a place"
            default: "no place became free in time"
            }
        // A call may end at any moment; a second is what clients wait at least.
        self.init(name: set.name, kind: .concurrency, cause: cause, retryAfter: .seconds(1))
    }
}

extension GatewayError {
    /// What the client gets when no target has room.
    init(_ refusal: LimitRefusal) {
        switch refusal.kind {
        case .rate:
            self.init(
                .rateLimited, "the rate limit of \(refusal.name): \(refusal.cause)", retryAfter: refusal.retryAfter)
        case .concurrency:
            self.init(
                .overloaded, "the concurrency limit of \(refusal.name): \(refusal.cause)",
                retryAfter: refusal.retryAfter)
        }
    }
}
