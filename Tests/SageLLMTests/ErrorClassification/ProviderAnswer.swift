import SageResilience
import Testing

@testable import SageLLM

/// A realistic error answer of a provider and the verdict that is due.
struct ProviderAnswer: Sendable, CustomTestStringConvertible {
    let name: String
    let status: Int?
    let headers: [String: String]
    let body: String
    let errorClass: ErrorClass
    let hint: ServerHint?

    init(
        _ name: String, _ status: Int?, _ body: String, headers: [String: String] = [:], _ errorClass: ErrorClass,
        hint: ServerHint? = nil
    ) {
        (self.name, self.status, self.headers, self.body) = (name, status, headers, body)
        (self.errorClass, self.hint) = (errorClass, hint)
    }

    var testDescription: String { "\(name) \(status.map { String($0) } ?? "in stream")" }

    /// OpenAI's envelope.
    static func openAI(_ message: String, type: String = "invalid_request_error", code: String? = nil) -> String {
        let code = code.map { "\"\($0)\"" } ?? "null"
        return #"{"error":{"message":"\#(message)","type":"\#(type)","param":null,"code":\#(code)}}"#
    }

    /// Anthropic's envelope.
    static func anthropic(_ type: String, _ message: String, details: String? = nil) -> String {
        let details = details.map { #","details":\#($0)"# } ?? ""
        return
            #"{"type":"error","error":{"type":"\#(type)","message":"\#(message)"\#(details)},"request_id":"req_01"}"#
    }

    /// Gemini's envelope.
    static func gemini(_ code: Int, _ status: String, _ message: String, details: String = "") -> String {
        #"{"error":{"code":\#(code),"message":"\#(message)","status":"\#(status)","details":[\#(details)]}}"#
    }

    static func geminiQuota(_ id: String) -> String {
        #"{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"\#(id)"}]}"#
    }

    static func geminiRetry(_ delay: String) -> String {
        #"{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"\#(delay)"}"#
    }
}
