public import HTTPTypes
import SageResilience

extension ProviderError {
    /// An answer with an error status.
    ///
    /// - Parameters:
    ///   - target: The target that was called, usually `provider/model`.
    ///   - status: The status of the answer.
    ///   - headers: The headers of the answer.
    ///   - body: The body, or as much of it as was read; only the first 64 KiB count.
    ///   - now: The present in seconds since 1970, for hints that are dates.
    ///   - redaction: Removes secrets from the provider's texts. Defaults to the common looks of secrets.
    public static func answer(
        target: String, status: Int, headers: HTTPFields, body: some Collection<UInt8>, now: Int64,
        redaction: SecretRedaction = .patterns
    ) -> ProviderError {
        let parsed = ProviderErrorBody(parsing: body, status: status)
        return ProviderError(
            target: target, kind: .answer, status: status, type: parsed.type, code: parsed.code,
            parameter: parsed.parameter, message: parsed.message, requestID: requestID(in: headers) ?? parsed.requestID,
            classification: ProviderErrorClassifier.classify(
                status: status, headers: headers, body: parsed, now: now),
            redaction: redaction
        )
    }

    /// An error that arrived inside an answer of status 200, usually as an event of a stream.
    ///
    /// An error that says nothing known is transient: the provider had accepted the request.
    ///
    /// - Parameters:
    ///   - target: The target that was called, usually `provider/model`.
    ///   - payload: The event's data; only the first 64 KiB count.
    ///   - headers: The headers of the answer. Defaults to none.
    ///   - now: The present in seconds since 1970, for hints that are dates.
    ///   - redaction: Removes secrets from the provider's texts. Defaults to the common looks of secrets.
    public static func streamError(
        target: String, payload: some Collection<UInt8>, headers: HTTPFields = [:], now: Int64,
        redaction: SecretRedaction = .patterns
    ) -> ProviderError {
        let parsed = ProviderErrorBody(parsing: payload)
        // The headers were written before the error happened; what they say about waiting is about something else.
        var classification = ProviderErrorClassifier.classify(status: nil, body: parsed, now: now)
        if classification.errorClass == .unknown {
            classification = ErrorClassification(.transient, hint: classification.hint)
        }
        return ProviderError(
            target: target, kind: .streamError, status: parsed.statusInBody, type: parsed.type, code: parsed.code,
            message: parsed.message, requestID: requestID(in: headers) ?? parsed.requestID,
            classification: classification, redaction: redaction
        )
    }

    /// A connection that failed.
    ///
    /// - Parameters:
    ///   - target: The target that was called, usually `provider/model`.
    ///   - failure: What happened to the connection.
    ///   - detail: The transport's own words, added to the message. Defaults to none.
    ///   - redaction: Removes secrets from `detail`. Defaults to the common looks of secrets.
    public static func transport(
        target: String, _ failure: TransportFailure, detail: String? = nil, redaction: SecretRedaction = .patterns
    ) -> ProviderError {
        ProviderError(
            target: target, kind: .transport(failure), message: joined(failure.explanation, detail),
            classification: ErrorClassification(.transient, isNotSent: failure.isNotSent, isConnection: true),
            redaction: redaction
        )
    }

    /// One of our time limits that passed.
    ///
    /// - Parameters:
    ///   - target: The target that was called, usually `provider/model`.
    ///   - phase: Which limit.
    ///   - limit: How long it was; nil if not known.
    ///   - requestID: The provider's id of the request, if headers had arrived. Defaults to none.
    public static func timeout(
        target: String, _ phase: TimeoutPhase, after limit: Duration?, requestID: String? = nil
    ) -> ProviderError {
        let time = limit.map { " within \($0)" } ?? " in time"
        return ProviderError(
            target: target, kind: .timeout(phase), message: phase.explanation + time, requestID: requestID,
            classification: ErrorClassification(.timeout, isNotSent: phase == .connect), redaction: .patterns
        )
    }

    /// A stream that ended without its end marker.
    ///
    /// - Parameters:
    ///   - target: The target that was called, usually `provider/model`.
    ///   - headers: The headers of the answer. Defaults to none.
    ///   - detail: What was missing, added to the message. Defaults to none.
    public static func truncatedStream(
        target: String, headers: HTTPFields = [:], detail: String? = nil
    ) -> ProviderError {
        ProviderError(
            target: target, kind: .truncatedStream,
            message: joined("the stream ended before the answer was complete", detail),
            requestID: requestID(in: headers), classification: ErrorClassification(.transient), redaction: .patterns
        )
    }

    /// An answer of a successful status that could not be understood.
    ///
    /// - Parameters:
    ///   - target: The target that was called, usually `provider/model`.
    ///   - headers: The headers of the answer. Defaults to none.
    ///   - detail: What is wrong with it, in our words; never a part of the answer, which may be the user's data.
    public static func malformedAnswer(
        target: String, headers: HTTPFields = [:], detail: String
    ) -> ProviderError {
        ProviderError(
            target: target, kind: .malformedAnswer, message: joined("the answer could not be understood", detail),
            requestID: requestID(in: headers), classification: ErrorClassification(.transient), redaction: .patterns
        )
    }

    /// The provider's id of a request, from the header that it uses.
    package static func requestID(in headers: HTTPFields) -> String? {
        for name in requestIDHeaders {
            if let value = headers.values(of: name).first(where: { !$0.isEmpty }) { return String(value) }
        }
        return nil
    }

    /// OpenAI and most others; Anthropic; Azure; SiliconFlow; Cloudflare, in front of many.
    private static let requestIDHeaders = [
        "x-request-id", "request-id", "apim-request-id", "x-ms-request-id", "x-siliconcloud-trace-id", "cf-ray",
    ]

    private static func joined(_ explanation: String, _ detail: String?) -> String {
        guard let detail, !detail.isEmpty else { return explanation }
        return "\(explanation): \(detail)"
    }
}
