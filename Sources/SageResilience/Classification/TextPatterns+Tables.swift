extension TextPatterns {
    /// What clients of networks write.
    static let network = TextPatterns([timeouts, connections], readsStatus: true)

    /// What clients of databases write when they have no SQLSTATE, because there was no answer.
    static let database = TextPatterns([
        // The same sentence may begin with the failure to connect.
        Group(
            errorClass: .authentication,
            phrases: ["password authentication failed", "no pg hba.conf entry", "permission denied", "access denied"]),
        Group(errorClass: .overloaded, phrases: ["too many connections", "too many clients already"]),
        Group(
            errorClass: .transient, phrases: ["server closed the connection", "could not connect to server"],
            isConnection: true),
        Group(
            errorClass: .transient,
            phrases: [
                "the database system is starting up", "the database system is shutting down", "deadlock detected",
                "could not serialize access", "database is locked",
            ]),
        timeouts, connections,
    ])

    /// Everything that a service called over a network may write.
    static let services = TextPatterns(
        [
            // What no wait and no repetition mends comes first, where the phrase is certain.
            Group(
                errorClass: .contextWindow,
                phrases: [
                    "maximum context length", "context length exceeded", "context window exceeded",
                    "exceeds the context window", "exceeds the context length", "prompt is too long",
                    "input is too long",
                ]),
            Group(
                errorClass: .contentPolicy,
                phrases: [
                    "content policy", "content policy violation", "content filter", "content filtering policy",
                    "content management policy", "safety system", "responsible ai policy",
                ]),
            Group(
                errorClass: .quotaExhausted,
                phrases: [
                    "insufficient quota", "exceeded your current quota", "quota exhausted", "insufficient balance",
                    "insufficient credits", "insufficient funds", "credit balance is too low", "spending limit",
                    "payment required",
                ]),
            Group(
                errorClass: .rateLimited,
                phrases: [
                    "rate limit", "rate limits", "rate limited", "rate limiting", "too many requests",
                    "quota exceeded",
                ]),
            timeouts,
            Group(
                errorClass: .overloaded,
                phrases: ["service unavailable", "temporarily unavailable", "overloaded", "overloaded error"]),
            connections,
            Group(errorClass: .transient, phrases: ["internal server error", "bad gateway"]),
            Group(
                errorClass: .authentication,
                phrases: [
                    "unauthorized", "unauthenticated", "authentication", "invalid api key", "incorrect api key",
                    "permission denied", "forbidden",
                ], isUnquoted: true),
            Group(
                errorClass: .permanent,
                phrases: ["not found", "validation error", "validation errors", "bad request", "invalid request"],
                isUnquoted: true),
        ], readsStatus: true)

    private static let timeouts = Group(
        errorClass: .timeout, phrases: ["timed out", "timeout", "timeouts", "time out", "deadline exceeded"])

    private static let connections = Group(
        errorClass: .transient,
        phrases: [
            "connection error", "connection errors", "connection reset", "connection refused", "connection closed",
            "connection aborted", "connection lost", "broken pipe", "server disconnected", "no route to host",
            "host unreachable", "network is unreachable", "network unreachable", "could not resolve host",
            "could not translate host name", "temporary failure in name resolution", "connection failure",
            "econnreset", "econnrefused", "ehostunreach", "epipe", "socket hang up",
        ], isConnection: true)
}
