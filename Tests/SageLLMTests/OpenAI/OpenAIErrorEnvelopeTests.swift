import Testing

@testable import SageLLM

struct OpenAIErrorEnvelopeTests {
    @Test func errorOfSageHasTheDocumentedShape() {
        let upstream = UpstreamError(
            status: 503, type: "server_error", code: nil, requestID: "req_1", target: "openai/gpt-5-mini")
        let error = OpenAIError(
            message: "no target answered", type: "api_error", code: "upstream_error", upstream: upstream)
        let expected =
            #"{"error":{"message":"no target answered","type":"api_error","param":null,"code":"upstream_error","#
            + #""upstream":{"status":503,"type":"server_error","code":null,"request_id":"req_1","#
            + #""target":"openai/gpt-5-mini"}}}"#
        #expect(OpenAIErrorEnvelope(error: error).json.description == expected)
    }

    @Test func upstreamIsAbsentWithoutAnUpstream() {
        let envelope = OpenAIErrorEnvelope(error: OpenAIError(message: "m", type: "t", param: "p", code: "c"))
        #expect(envelope.json.description == #"{"error":{"message":"m","type":"t","param":"p","code":"c"}}"#)
    }

    @Test(
        arguments: [
            (#"{"error":{"message":"m","type":"t","param":null,"code":"c"}}"#, "m", "t", "c"),
            (#"{"error":{"message":"m","code":429,"metadata":{"a":1}}}"#, "m", nil, "429"),
            (#"{"error":"m"}"#, "m", nil, nil),
            (#"[{"error":{"message":"m","status":"UNAVAILABLE","code":503}}]"#, "m", nil, "503"),
            (#"{"code":20012,"message":"m","data":null}"#, "m", nil, "20012"),
            (#"{"object":"error","message":"m","type":"t","param":null,"code":400}"#, "m", "t", "400"),
            (#"{"error":{"code":1}}"#, "", nil, "1"),
            (#"{"error":{"message":["m"]}}"#, #"["m"]"#, nil, nil),
        ] as [(String, String, String?, String?)])
    func readsTheShapesOfOtherServices(_ body: String, _ message: String, _ type: String?, _ code: String?) throws {
        let envelope = try OpenAIErrorEnvelope(json: JSONValue(parsing: body))
        #expect(envelope.error.message == message)
        #expect(envelope.error.type == type)
        #expect(envelope.error.codeText == code)
        #expect(try OpenAIErrorEnvelope(json: envelope.json) == envelope)
    }

    @Test(
        arguments: [
            ("7", "", .number), ("[]", "", .array), ("{}", "error", nil), (#"{"error":7}"#, "error", .number),
            ("[{}]", "[0].error", nil), (#"{"error":null}"#, "error", .null),
        ] as [(String, String, JSONKind?)])
    func otherJSONIsRefusedByField(_ body: String, _ field: String, _ found: JSONKind?) throws {
        let json = try JSONValue(parsing: body)
        #expect {
            try OpenAIErrorEnvelope(json: json)
        } throws: {
            guard let error = $0 as? JSONFieldError else { return false }
            return error.field == field && error.found == found
        }
    }

    @Test func unknownMembersSurvive() throws {
        let body = #"{"error":{"message":"m","type":null,"param":null,"code":402,"metadata":{"a":1}},"user_id":"u"}"#
        #expect(try OpenAIErrorEnvelope(json: JSONValue(parsing: body)).json.description == body)
    }
}
