import NIOCore
import SageLLM
import Testing

@testable import SageGateway

struct ErrorEnvelopeTests {
    private let upstream = UpstreamError(
        status: 529, type: "overloaded_error", code: nil, requestID: "req_1", target: "anthropic/claude")

    @Test(
        arguments: [
            (.invalidRequest, "invalid_request_error"), (.unauthorized, "authentication_error"),
            (.modelNotFound, "not_found_error"), (.requestTooLarge, "request_too_large"),
            (.rateLimited, "rate_limit_error"), (.quotaExhausted, "rate_limit_error"),
            (.upstreamError, "api_error"), (.overloaded, "overloaded_error"), (.deadlineExceeded, "timeout_error"),
        ] as [(GatewayError.Code, String)])
    func anthropicsClientsGetTheirTypes(_ code: GatewayError.Code, _ type: String) {
        let json = GatewayError(code, "m", upstream: upstream).envelope(.anthropic, requestID: "r1")
        #expect(json["type"]?.stringValue == "error")
        #expect(json["error"]?["type"]?.stringValue == type)
        #expect(json["error"]?["code"]?.stringValue == code.rawValue)
        #expect(json["error"]?["upstream"]?["status"]?.intValue == 529)
        #expect(json["request_id"]?.stringValue == "r1")
    }

    @Test(
        arguments: [
            (.invalidRequest, 400, "INVALID_ARGUMENT"), (.unauthorized, 401, "UNAUTHENTICATED"),
            (.modelNotFound, 404, "NOT_FOUND"), (.rateLimited, 429, "RESOURCE_EXHAUSTED"),
            (.upstreamError, 502, "INTERNAL"), (.circuitOpen, 503, "UNAVAILABLE"),
            (.deadlineExceeded, 504, "DEADLINE_EXCEEDED"),
        ] as [(GatewayError.Code, Int, String)])
    func geminisClientsGetTheirStatuses(_ code: GatewayError.Code, _ status: Int, _ word: String) {
        let error = GatewayError(code, "m", parameter: "contents", retryAfter: .seconds(7), upstream: upstream)
        let json = error.envelope(.gemini)["error"]
        #expect(json?["code"]?.intValue == status)
        #expect(json?["status"]?.stringValue == word)
        let details = json?["details"]?.arrayValue
        #expect(details?.first?["reason"]?.stringValue == code.rawValue.uppercased())
        #expect(details?.first?["metadata"]?["field"]?.stringValue == "contents")
        #expect(details?.first?["metadata"]?["target"]?.stringValue == "anthropic/claude")
        #expect(details?.last?["retryDelay"]?.stringValue == "7s")
    }

    @Test(
        arguments: [
            (.chatCompletions, "data: {\"error\":"), (.responses, "event: error\ndata: {\"type\":\"error\""),
            (.messages, "event: error\ndata: {\"type\":\"error\""), (.generateContent, "data: {\"error\":"),
        ] as [(WireFormat, String)])
    func aBrokenStreamEndsInTheClientsWords(_ format: WireFormat, _ beginning: String) {
        let event = String(buffer: GatewayError(.upstreamTruncated, "cut").event(format))
        #expect(event.hasPrefix(beginning))
        #expect(event.hasSuffix("\n\n"))
        #expect(event.contains("cut"))
    }

    @Test(
        arguments: [
            ("/v1/chat/completions", .openAI), ("/v1/messages", .anthropic), ("/v1/messages/count_tokens", .anthropic),
            ("/v1beta/models/x:generateContent", .gemini), ("/", .openAI), ("/v1/models", .openAI),
            ("/v1/models/x:generateContent", .gemini), ("/v1/models/x", .openAI), ("/v1beta/models", .gemini),
        ] as [(String, Dialect)])
    func thePathTellsWhoAsks(_ path: String, _ dialect: Dialect) {
        #expect(Dialect(path: path) == dialect)
    }
}
