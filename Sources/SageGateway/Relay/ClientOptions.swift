import HTTPTypes

/// What a client says about attempts and time, in header fields.
struct ClientOptions: Sendable, Hashable {
    /// How long the client gives the whole request (`x-sage-timeout-ms`).
    var timeout: Duration?
    /// How long the client's library waits for an answer to begin (`x-stainless-read-timeout`).
    var readTimeout: Duration?
    /// How often the client's library has tried before (`x-stainless-retry-count`).
    var previousAttempts = 0
    /// Whether a target may be called only once (`x-sage-no-retry`).
    var forbidsRetry: Bool
    /// Whether only the first target may be called (`x-sage-no-fallback`).
    var forbidsFallback: Bool

    /// Reads the fields.
    ///
    /// What is Sage's own is checked; what a client's library sends is only a hint.
    init(_ headers: HTTPFields) throws(GatewayError) {
        if let text = headers[.timeout] {
            guard let milliseconds = Int64(text), (1...3_600_000).contains(milliseconds) else {
                throw Self.invalid(.timeout, text, "a whole number of milliseconds from 1 to 3600000")
            }
            timeout = .milliseconds(milliseconds)
        }
        forbidsRetry = try Self.flag(.noRetry, headers)
        forbidsFallback = try Self.flag(.noFallback, headers)
        if let seconds = headers[.clientReadTimeout].flatMap(Double.init), seconds > 0, seconds <= 86_400 {
            readTimeout = .seconds(seconds)
        }
        if let count = headers[.clientRetryCount].flatMap({ Int($0) }), count > 0 {
            previousAttempts = min(count, 1_000)
        }
    }

    private static func flag(_ name: HTTPField.Name, _ headers: HTTPFields) throws(GatewayError) -> Bool {
        switch headers[name] {
        case nil, "false": return false
        case "true": return true
        case let text?: throw invalid(name, text, "true or false")
        }
    }

    private static func invalid(_ name: HTTPField.Name, _ value: String, _ allowed: String) -> GatewayError {
        GatewayError(
            .invalidRequest,
            "\(name.rawName): \(value.prefix(64).debugDescription) is not valid; allowed is \(allowed)",
            parameter: name.rawName)
    }
}
