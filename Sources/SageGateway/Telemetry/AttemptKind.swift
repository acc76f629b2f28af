/// Why a provider was called.
enum AttemptKind: Int, Sendable, CaseIterable {
    /// It is the first call of the request.
    case first
    /// The same target was called before.
    case retry
    /// Another target has failed before.
    case fallback
    /// Another call is still running.
    case hedge

    var label: String {
        switch self {
        case .first: "first"
        case .retry: "retry"
        case .fallback: "fallback"
        case .hedge: "hedge"
        }
    }
}

/// Kinds of tokens that are counted apart.
enum TokenKind: Int, Sendable, CaseIterable {
    case input
    case output
    /// Part of the input that a provider had in its cache.
    case cacheRead
    /// Part of the input that a provider has put into its cache.
    case cacheWrite
    /// Part of the output that the client does not see.
    case reasoning

    var label: String {
        switch self {
        case .input: "input"
        case .output: "output"
        case .cacheRead: "cache_read"
        case .cacheWrite: "cache_write"
        case .reasoning: "reasoning"
        }
    }
}

/// How the stream of an answer ended.
enum StreamEnd: Int, Sendable, CaseIterable {
    case complete
    /// The client went away before the end.
    case clientGone
    /// The provider's stream broke off.
    case truncated
    /// The provider fell silent.
    case idleTimeout
    /// The time for the whole request was over.
    case deadline
    /// The provider has sent an error, or what is no stream.
    case upstreamError
    /// Sage was shut down.
    case shutdown

    var label: String {
        switch self {
        case .complete: "complete"
        case .clientGone: "client_gone"
        case .truncated: "truncated"
        case .idleTimeout: "idle_timeout"
        case .deadline: "deadline"
        case .upstreamError: "upstream_error"
        case .shutdown: "shutdown"
        }
    }
}
