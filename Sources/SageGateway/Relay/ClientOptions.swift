import HTTPTypes
import SageResilience

/// What a client says about attempts and time, in header fields.
struct ClientOptions: Sendable, Hashable {
    /// How long the client gives the whole request (`x-sage-timeout-ms`).
    var timeout: Duration?
    /// How long the client's library waits for an answer to begin (`x-stainless-read-timeout`, `x-stainless-timeout`).
    var readTimeout: Duration?
    /// How often the client's library has tried before (`x-stainless-retry-count`).
    var previousAttempts = 0
    /// Whether a target may be called only once (`x-sage-no-retry`).
    var forbidsRetry: Bool
    /// Whether only the first target may be called (`x-sage-no-fallback`).
    var forbidsFallback: Bool
    /// Whether a call that takes long may be sent a second time (`x-sage-hedge`); nil leaves it to the policy.
    var hedge: Bool?

    /// How important the request is to the client (`x-sage-priority`), as far as its key allows.
    var priority = CallPriority.normal

    /// Reads the fields.
    ///
    /// What is Sage's own is checked; what a client's library sends is only a hint.
    init(_ headers: HTTPFields) throws(GatewayError) {
        let texts = Texts(headers)
        if let text = texts.timeout {
            guard let milliseconds = Int64(text), (1...3_600_000).contains(milliseconds) else {
                throw Self.invalid(.timeout, text, "a whole number of milliseconds from 1 to 3600000")
            }
            timeout = .milliseconds(milliseconds)
        }
        forbidsRetry = try Self.flag(.noRetry, texts.noRetry) ?? false
        forbidsFallback = try Self.flag(.noFallback, texts.noFallback) ?? false
        hedge = try Self.flag(.hedge, texts.hedge)
        if let text = texts.priority {
            guard let priority = GatewayConfiguration.ClientKey.Priority(rawValue: text) else {
                throw Self.invalid(.requestPriority, text, "low, normal, high or critical")
            }
            self.priority = priority.callPriority
        }
        readTimeout = Self.seconds(texts.clientReadTimeout) ?? Self.seconds(texts.clientTimeout)
        if let count = texts.clientRetryCount.flatMap({ Int($0) }), count > 0 {
            previousAttempts = min(count, 1_000)
        }
    }

    private static func seconds(_ text: String?) -> Duration? {
        guard let seconds = text.flatMap(Double.init), seconds > 0, seconds <= 86_400 else { return nil }
        return .seconds(seconds)
    }

    private static func flag(_ name: HTTPField.Name, _ text: String?) throws(GatewayError) -> Bool? {
        switch text {
        case nil: return nil
        case "false": return false
        case "true": return true
        case let text?: throw invalid(name, text, "true or false")
        }
    }

    /// The fields' values, found in one look at all fields: nearly all requests have none of them.
    private struct Texts {
        var timeout: String?
        var noRetry: String?
        var noFallback: String?
        var hedge: String?
        var priority: String?
        var clientReadTimeout: String?
        var clientTimeout: String?
        var clientRetryCount: String?

        init(_ headers: HTTPFields) {
            for field in headers {
                let name = field.name.canonicalName
                guard name.utf8.first == UInt8(ascii: "x") else { continue }
                switch name {
                case HTTPField.Name.timeout.canonicalName: Self.add(field, to: &timeout)
                case HTTPField.Name.noRetry.canonicalName: Self.add(field, to: &noRetry)
                case HTTPField.Name.noFallback.canonicalName: Self.add(field, to: &noFallback)
                case HTTPField.Name.hedge.canonicalName: Self.add(field, to: &hedge)
                case HTTPField.Name.requestPriority.canonicalName: Self.add(field, to: &priority)
                case HTTPField.Name.clientReadTimeout.canonicalName: Self.add(field, to: &clientReadTimeout)
                case HTTPField.Name.clientTimeout.canonicalName: Self.add(field, to: &clientTimeout)
                case HTTPField.Name.clientRetryCount.canonicalName: Self.add(field, to: &clientRetryCount)
                default: break
                }
            }
        }

        /// A field that stands there twice means the list of its values (RFC 9110, 5.3).
        private static func add(_ field: HTTPField, to text: inout String?) {
            text = text.map { "\($0), \(field.value)" } ?? field.value
        }
    }

    private static func invalid(_ name: HTTPField.Name, _ value: String, _ allowed: String) -> GatewayError {
        GatewayError(
            .invalidRequest,
            "\(name.rawName): \(value.prefix(64).debugDescription) is not valid; allowed is \(allowed)",
            parameter: name.rawName)
    }
}
