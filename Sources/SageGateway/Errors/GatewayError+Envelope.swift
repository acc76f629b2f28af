import HTTPTypes
package import NIOCore
package import SageLLM

extension GatewayError {
    /// The error in the envelope that clients of a dialect understand.
    ///
    /// - Parameters:
    ///   - dialect: The client's dialect.
    ///   - requestID: The id of the request; in Anthropic's envelope it stands beside the error.
    package func envelope(_ dialect: Dialect, requestID: String? = nil) -> JSONValue {
        switch dialect {
        case .openAI: envelope.json
        case .anthropic: anthropicEnvelope(requestID: requestID)
        case .gemini: geminiEnvelope
        }
    }

    /// The error as the last event of a stream that has delivered part of an answer.
    ///
    /// - Parameter format: The client's format.
    package func event(_ format: WireFormat, requestID: String? = nil) -> ByteBuffer {
        switch format {
        case .responses:
            // OpenAI's library raises for `error`, other clients look at the type of the event.
            var members = JSONObject()
            members["type"] = "error"
            members["code"] = .string(passedOn?.code ?? code.rawValue)
            members["message"] = .string(message)
            members["param"] = parameter.map { JSONValue.string($0) } ?? JSONValue.null
            members["error"] = envelope.error.json
            return ServerSentEventEncoder.encode(json: .object(members), event: "error")
        case .messages, .countTokens:
            return ServerSentEventEncoder.encode(
                json: anthropicEnvelope(requestID: requestID), event: "error")
        case .chatCompletions, .embeddings, .generateContent, .embedContent, .batchEmbedContents:
            return ServerSentEventEncoder.encode(json: envelope(format.dialect, requestID: requestID))
        }
    }

    private func anthropicEnvelope(requestID: String?) -> JSONValue {
        var error = JSONObject()
        error["type"] = .string(passedOn?.type ?? anthropicType)
        error["message"] = .string(message)
        error["code"] = .string(passedOn?.code ?? code.rawValue)
        if let parameter { error["param"] = .string(parameter) }
        if let upstream { error["upstream"] = upstream.json }
        var envelope = JSONObject()
        envelope["type"] = "error"
        envelope["error"] = .object(error)
        envelope["request_id"] = requestID.map { JSONValue.string($0) } ?? JSONValue.null
        return .object(envelope)
    }

    /// Anthropic's type for errors of this kind.
    private var anthropicType: String {
        switch code {
        case .invalidRequest: status == 404 ? "not_found_error" : "invalid_request_error"
        case .unauthorized: "authentication_error"
        case .modelNotFound: "not_found_error"
        case .requestTooLarge: "request_too_large"
        case .rateLimited, .quotaExhausted: "rate_limit_error"
        case .upstreamError, .upstreamTruncated: "api_error"
        case .circuitOpen, .overloaded, .storeUnavailable, .interrupted: "overloaded_error"
        case .conflict: "invalid_request_error"
        case .deadlineExceeded: "timeout_error"
        }
    }

    private var geminiEnvelope: JSONValue {
        var metadata = JSONObject()
        if let parameter { metadata["field"] = .string(parameter) }
        if let upstream {
            for case (let key, .string(let text)) in upstream.members { metadata[key] = .string(text) }
            if let status = upstream.status { metadata["status"] = .string(String(status)) }
        }
        var info = JSONObject()
        info["@type"] = "type.googleapis.com/google.rpc.ErrorInfo"
        info["reason"] = .string(code.rawValue.uppercased())
        info["domain"] = "sage"
        info["metadata"] = .object(metadata)
        var details: [JSONValue] = [.object(info)]
        if let retryAfter = headers[.retryAfter] {
            var retry = JSONObject()
            retry["@type"] = "type.googleapis.com/google.rpc.RetryInfo"
            retry["retryDelay"] = .string("\(retryAfter)s")
            details.append(.object(retry))
        }
        var error = JSONObject()
        error["code"] = .integer(Int64(status))
        error["message"] = .string(message)
        error["status"] = .string(geminiStatus)
        error["details"] = .array(details)
        var envelope = JSONObject()
        envelope["error"] = .object(error)
        return .object(envelope)
    }

    /// Google's word for errors of this status.
    private var geminiStatus: String {
        switch status {
        case 401: "UNAUTHENTICATED"
        case 403: "PERMISSION_DENIED"
        case 404: "NOT_FOUND"
        case 429: "RESOURCE_EXHAUSTED"
        case 499: "CANCELLED"
        case 400..<500: "INVALID_ARGUMENT"
        case 503: "UNAVAILABLE"
        case 504: "DEADLINE_EXCEEDED"
        default: "INTERNAL"
        }
    }
}

extension UpstreamError {
    fileprivate var members: JSONObject {
        if case .object(let members) = json { members } else { JSONObject() }
    }
}

extension Dialect {
    /// The dialect of whoever asks for a path: an error is answered in it even where the path does not exist.
    init(path: String) {
        self =
            if path.hasPrefix("/v1/messages") {
                .anthropic
            } else if path.hasPrefix("/v1beta/") || path.hasPrefix("/v1/models/") && path.contains(":") {
                .gemini
            } else {
                .openAI
            }
    }
}
