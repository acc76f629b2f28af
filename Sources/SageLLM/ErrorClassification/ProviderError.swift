public import SageResilience

/// A call to a provider that failed, with its classification.
///
/// Policies with the default classifier treat it right. It holds no secret: its texts are redacted, stripped of control
/// characters and bounded when it is made. A value; safe to share between threads.
public struct ProviderError: ClassifiedError, Sendable, Hashable, CustomStringConvertible {
    /// The most UTF-8 bytes that ``message`` has.
    public static let maximumMessageBytes = 2_000

    /// The target that was called, usually `provider/model`.
    public let target: String
    /// How the call failed.
    public let kind: Kind
    /// The status of the provider's error answer, or the one that an error inside a stream names; nil without either.
    public let status: Int?
    /// The provider's error type, for example `rate_limit_error`.
    public let type: String?
    /// The provider's error code, for example `context_length_exceeded`.
    public let code: String?
    /// The field of the request that the provider's error is about.
    public let parameter: String?
    /// The provider's explanation, or ours where the provider said nothing; never empty.
    public let message: String
    /// The provider's id of the request, to quote to its support.
    public let requestID: String?
    /// What kind of failure it is, whose fault, and what the provider said about trying again.
    public let classification: ErrorClassification

    /// Whether the request certainly never reached the provider: the name was not resolved, or no connection was made.
    public var isNotSent: Bool { classification.isNotSent }

    init(
        target: String, kind: Kind, status: Int? = nil, type: String? = nil, code: String? = nil,
        parameter: String? = nil,
        message: String, requestID: String? = nil, classification: ErrorClassification, redaction: SecretRedaction
    ) {
        // Redacted before it is cut: half a secret would not be recognised.
        func safe(_ text: String, _ limit: Int) -> String { ErrorText.clean(redaction.redact(text), limit: limit) }
        self.target = target
        self.kind = kind
        self.status = status
        self.type = type.map { safe($0, ProviderErrorBody.maximumNameBytes) }
        self.code = code.map { safe($0, ProviderErrorBody.maximumNameBytes) }
        self.parameter = parameter.map { safe($0, ProviderErrorBody.maximumNameBytes) }
        self.message = safe(message, Self.maximumMessageBytes)
        self.requestID = requestID.map { safe($0, ProviderErrorBody.maximumNameBytes) }
        self.classification = classification
    }

    /// For example `openai/gpt-5-mini: 429 rate_limit_exceeded: Rate limit reached (request req_1)`.
    public var description: String {
        // Some repeat the status as the code.
        let name = [code, type].compactMap(\.self).first { Int($0) == nil || Int($0) != status }
        let what: String? =
            switch kind {
            case .answer: [status.map { String($0) }, name].compactMap(\.self).joined(separator: " ")
            case .streamError: ["error in stream", name].compactMap(\.self).joined(separator: " ")
            case .truncatedStream: "truncated stream"
            case .malformedAnswer: "malformed answer"
            // The message says it all.
            case .transport, .timeout: nil
            }
        let request = requestID.map { " (request \($0))" } ?? ""
        return [target, what, message].compactMap(\.self).joined(separator: ": ") + request
    }
}
