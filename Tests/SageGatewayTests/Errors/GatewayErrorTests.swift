import HTTPTypes
import SageLLM
import SageResilience
import Testing

@testable import SageGateway

struct GatewayErrorTests {
    @Test(
        arguments: [
            (.invalidRequest, 400), (.unauthorized, 401), (.modelNotFound, 404), (.requestTooLarge, 413),
            (.rateLimited, 429), (.quotaExhausted, 429), (.upstreamError, 502), (.upstreamTruncated, 502),
            (.circuitOpen, 503), (.overloaded, 503), (.interrupted, 503), (.deadlineExceeded, 504),
        ] as [(GatewayError.Code, Int)])
    func everyCodeHasItsStatus(code: GatewayError.Code, status: Int) {
        #expect(GatewayError(code, "m").status == status)
        #expect(GatewayError(code, "m", status: 418).status == 418)
        #expect(GatewayError.Code.allCases.count == 14)
    }

    @Test(
        arguments: [
            (.zero, "1"), (.seconds(-5), "1"), (.milliseconds(1), "1"), (.seconds(1), "1"), (.milliseconds(1_001), "2"),
            (.seconds(7), "7"), (.milliseconds(59_001), "60"), (.seconds(60), "60"), (.seconds(61), "60"),
            (.seconds(Int64.max), "60"), (.seconds(Int64.max) + .seconds(Int64.max), "60"),
        ] as [(Duration, String)])
    func waitIsBetweenASecondAndAMinute(wait: Duration, field: String) {
        #expect(GatewayError(.overloaded, "m", retryAfter: wait).headers[.retryAfter] == field)
    }

    @Test func fieldsAreOnlyThereWhenTheyMeanSomething() {
        let plain = GatewayError(.invalidRequest, "m").headers
        #expect(plain[.retryAfter] == nil)
        #expect(plain[.shouldRetry] == nil)
        #expect(plain[.contentType] == "application/json")
        #expect(GatewayError(.overloaded, "m", forbidsRetry: true).headers[.shouldRetry] == "false")
    }

    @Test func envelopeIsOpenAIs() throws {
        let json = GatewayError(.modelNotFound, "no such model", parameter: "model").envelope.json
        #expect(json["error"]?["message"] == "no such model")
        #expect(json["error"]?["type"] == "invalid_request_error")
        #expect(json["error"]?["param"] == "model")
        #expect(json["error"]?["code"] == "model_not_found")
    }

    // MARK: What a provider's failure becomes

    static func answer(_ status: Int, _ error: String = "{}", _ headers: HTTPFields = [:]) -> ProviderError {
        .answer(
            target: "p/m", status: status, headers: headers, body: "{\"error\":\(error)}".utf8, now: 0)
    }

    static func stream(_ error: String) -> ProviderError {
        .streamError(target: "p/m", payload: "{\"error\":\(error)}".utf8, now: 0)
    }

    @Test(
        arguments: [
            (answer(400), .invalidRequest, 400, false),
            (answer(404), .invalidRequest, 404, false),
            (answer(413), .invalidRequest, 413, false),
            (answer(422), .invalidRequest, 422, false),
            (answer(400, #"{"code":"context_length_exceeded"}"#), .invalidRequest, 400, false),
            (answer(400, #"{"code":"content_filter"}"#), .invalidRequest, 400, false),
            (stream(#"{"code":400,"message":"bad"}"#), .invalidRequest, 400, false),
            (stream(#"{"code":"context_length_exceeded","message":"long"}"#), .upstreamError, 502, true),
            (stream(#"{"type":"invalid_request_error","message":"bad"}"#), .upstreamError, 502, true),
            (answer(401), .upstreamError, 502, true),
            (answer(403), .upstreamError, 502, true),
            (answer(402), .quotaExhausted, 429, true),
            (answer(429, #"{"code":"insufficient_quota"}"#), .quotaExhausted, 429, true),
            (answer(429), .rateLimited, 429, false),
            (answer(500), .upstreamError, 502, false),
            (answer(503), .upstreamError, 502, false),
            (stream(#"{"message":"boom"}"#), .upstreamError, 502, false),
            (.transport(target: "p/m", .connectFailed), .upstreamError, 502, false),
            (.malformedAnswer(target: "p/m", detail: "d"), .upstreamError, 502, false),
            (.truncatedStream(target: "p/m"), .upstreamTruncated, 502, false),
            (.timeout(target: "p/m", .firstToken, after: nil), .upstreamError, 502, false),
            (.timeout(target: "p/m", .total, after: nil), .deadlineExceeded, 504, false),
        ] as [(ProviderError, GatewayError.Code, Int, Bool)])
    func failureOfAProvider(
        _ error: ProviderError, _ code: GatewayError.Code, _ status: Int, _ forbidsRetry: Bool
    ) {
        let gatewayError = GatewayError(error, retriesSpent: false)
        #expect(gatewayError.code == code)
        #expect(gatewayError.status == status)
        #expect(gatewayError.forbidsRetry == forbidsRetry)
        #expect(gatewayError.upstream?.target == "p/m")
        if code != .invalidRequest { #expect(GatewayError(error, retriesSpent: true).forbidsRetry) }
    }

    @Test func mistakeIsPassedOnInTheProvidersWords() {
        let error = GatewayError(
            Self.answer(
                422, #"{"message":"bad temperature","type":"t","code":"c","param":"temperature"}"#,
                [.init("x-request-id")!: "r-1"]),
            retriesSpent: true)
        let json = error.envelope.json["error"]
        #expect(json?["message"] == "bad temperature")
        #expect(json?["type"] == "t")
        #expect(json?["code"] == "c")
        #expect(json?["param"] == "temperature")
        #expect(json?["upstream"]?["status"] == 422)
        #expect(json?["upstream"]?["request_id"] == "r-1")
        #expect(error.headers[.shouldRetry] == nil)
    }

    @Test func mistakeWithoutNamesGetsSages() {
        let json = GatewayError(Self.answer(400, #"{"message":"bad"}"#), retriesSpent: false).envelope.json["error"]
        #expect(json?["type"] == "invalid_request_error")
        #expect(json?["code"] == "invalid_request")
    }

    @Test func hintIsPassedOn() {
        let error = GatewayError(Self.answer(503, "{}", [.retryAfter: "9"]), retriesSpent: false)
        #expect(error.headers[.retryAfter] == "9")
        #expect(GatewayError(Self.answer(429), retriesSpent: false).headers[.retryAfter] == "1")
    }

    @Test(arguments: ["sk-proj-abcdefghijklmnop1234567890", "Bearer abcdefghijklmnopqrstuvwxyz123456"])
    func secretsInAProvidersWordsAreRemoved(secret: String) {
        for status in [400, 401, 500] {
            let error = GatewayError(Self.answer(status, #"{"message":"key \#(secret)"}"#), retriesSpent: true)
            #expect(!error.envelope.json.description.contains(secret))
            #expect(error.message.contains("[redacted]"))
        }
    }

    @Test func brokenConnectionInTheMiddleOfAStreamIsATruncation() {
        let error = GatewayError(endingStream: .transport(target: "p/m", .connectionReset))
        #expect(error.code == .upstreamTruncated)
        #expect(error.forbidsRetry)
    }
}
