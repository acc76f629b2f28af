import Testing

@testable import SageLLM

struct ProviderErrorBodyTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let body: String
        let expected: ProviderErrorBody
        var testDescription: String { name }

        init(_ name: String, _ body: String, _ expected: ProviderErrorBody) {
            (self.name, self.body, self.expected) = (name, body, expected)
        }
    }

    static let known: [Case] = [
        Case(
            "OpenAI",
            #"{"error":{"message":"Bad key","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}"#,
            ProviderErrorBody(type: "invalid_request_error", code: "invalid_api_key", message: "Bad key")),
        Case(
            "Azure",
            #"""
            {"error":{"message":"Filtered","type":null,"param":"prompt","code":"content_filter","status":400,
            "innererror":{"code":"ResponsibleAIPolicyViolation","content_filter_result":{"hate":{"filtered":true}}}}}
            """#,
            ProviderErrorBody(
                code: "content_filter", parameter: "prompt", message: "Filtered",
                detailCodes: ["ResponsibleAIPolicyViolation"])),
        Case(
            "Anthropic",
            #"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_1"}"#,
            ProviderErrorBody(type: "overloaded_error", message: "Overloaded", requestID: "req_1")),
        Case(
            "Anthropic with details",
            #"""
            {"type":"error","error":{"type":"rate_limit_error","message":"Limit",
            "details":{"error_code":"enforced_spend_limit_reached"}},"request_id":"req_2"}
            """#,
            ProviderErrorBody(
                type: "rate_limit_error", message: "Limit", requestID: "req_2",
                detailCodes: ["enforced_spend_limit_reached"])),
        Case(
            "Gemini", gemini,
            ProviderErrorBody(
                type: "RESOURCE_EXHAUSTED", code: "429", message: "Quota", retryDelay: .seconds(46),
                detailCodes: ["PerMinute-FreeTier", "RATE_LIMIT_EXCEEDED"])),
        Case(
            "Gemini in an array", "[\(gemini)]",
            ProviderErrorBody(
                type: "RESOURCE_EXHAUSTED", code: "429", message: "Quota", retryDelay: .seconds(46),
                detailCodes: ["PerMinute-FreeTier", "RATE_LIMIT_EXCEEDED"])),
        Case(
            "SiliconFlow", #"{"code":20012,"message":"Model does not exist.","data":null}"#,
            ProviderErrorBody(code: "20012", message: "Model does not exist.")),
        Case("Ollama", #"{"error":"model 'x' not found"}"#, ProviderErrorBody(message: "model 'x' not found")),
        Case(
            "llama.cpp", #"{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}"#,
            ProviderErrorBody(type: "unavailable_error", code: "503", message: "Loading model")),
        Case(
            "vLLM", #"{"object":"error","message":"Too long","type":"BadRequestError","param":null,"code":400}"#,
            ProviderErrorBody(type: "BadRequestError", code: "400", message: "Too long")),
        Case(
            "OpenRouter",
            #"""
            {"error":{"code":402,"message":"No money","metadata":{"limit_source":"openrouter_in_flight_budget"}}}
            """#,
            ProviderErrorBody(code: "402", message: "No money", detailCodes: ["openrouter_in_flight_budget"])),
        Case(
            "OpenRouter passing on",
            #"{"error":{"code":400,"message":"Provider returned error","metadata":{"raw":"too long"}},"user_id":"u"}"#,
            ProviderErrorBody(code: "400", message: "Provider returned error: too long")),
        Case(
            "OpenAI Responses event",
            #"{"type":"error","code":"rate_limit_exceeded","message":"Slow","param":null,"sequence_number":3}"#,
            ProviderErrorBody(code: "rate_limit_exceeded", message: "Slow")),
        Case(
            "OpenAI failed response",
            #"{"type":"response.failed","response":{"id":"r","error":{"code":"server_error","message":"Oops"}}}"#,
            ProviderErrorBody(code: "server_error", message: "Oops")),
        Case(
            "OAuth", #"{"error":"invalid_client","error_description":"Who are you?"}"#,
            ProviderErrorBody(code: "invalid_client", message: "Who are you?")),
        Case("FastAPI", #"{"detail":"Not Found"}"#, ProviderErrorBody(message: "Not Found")),
        Case(
            "FastAPI list", #"{"detail":[{"loc":["body"],"msg":"field required","type":"missing"}]}"#,
            ProviderErrorBody(message: "field required")),
        Case(
            "list of errors", #"{"success":false,"errors":[{"code":10000,"message":"Auth"}]}"#,
            ProviderErrorBody(code: "10000", message: "Auth")),
        Case("JSON string", #""Service busy""#, ProviderErrorBody(message: "Service busy")),
        Case(
            "event stream", "data: {\"error\":{\"message\":\"Boom\"}}\n\ndata: [DONE]\n\n",
            ProviderErrorBody(message: "Boom")),
        Case("lines of JSON", "{\"error\":\"Boom\"}\n{\"done\":true}\n", ProviderErrorBody(message: "Boom")),
        Case("byte-order mark", "\u{FEFF}{\"error\":\"Boom\"}", ProviderErrorBody(message: "Boom")),
        Case("plain text", "upstream\r\n  connect error", ProviderErrorBody(message: "upstream connect error")),
        Case("escape sequences", "\u{1B}[31mred\u{7}", ProviderErrorBody(message: "[31mred")),
    ]

    private static let gemini = #"""
        {"error":{"code":429,"message":"Quota","status":"RESOURCE_EXHAUSTED","details":[
        {"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"PerMinute-FreeTier"}]},
        {"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"RATE_LIMIT_EXCEEDED","domain":"x"},
        {"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"46s"}]}}
        """#

    static let unknown: [Case] = [
        Case("empty", "", ProviderErrorBody(message: "502 Bad Gateway")),
        Case("white space", " \r\n\u{0} ", ProviderErrorBody(message: "502 Bad Gateway")),
        Case("empty JSON string", "\"\"", ProviderErrorBody(message: "502 Bad Gateway")),
        Case("empty error", #"{"error":{}}"#, ProviderErrorBody(message: #"{"error":{}}"#)),
        Case("null error", #"{"error":null}"#, ProviderErrorBody(message: #"{"error":null}"#)),
        Case("another document", #"{"a":[1,2]}"#, ProviderErrorBody(message: #"{"a":[1,2]}"#)),
        Case(
            "wrong types", #"{"error":{"message":{"a":1},"type":[1],"code":true}}"#,
            ProviderErrorBody(message: #"{"error":{"message":{"a":1},"type":[1],"code":true}}"#)),
        Case("cut JSON", #"{"error":{"message":"abc"#, ProviderErrorBody(message: #"{"error":{"message":"abc"#)),
        Case("number", "12", ProviderErrorBody(message: "12")),
        Case(
            "page", "<html>\r\n<head><title>502 Bad &amp; Gone</title></head><body><h1>x</h1></body></html>",
            ProviderErrorBody(message: "502 Bad & Gone")),
        Case(
            "page without title", "<!DOCTYPE html><body><h1 class=\"a\">Bad <b>Gateway</b></h1><p>long</p></body>",
            ProviderErrorBody(message: "Bad Gateway")),
        Case(
            "page without headings", "<html><body>secret page</body></html>",
            ProviderErrorBody(message: "502 Bad Gateway")),
        Case("cut page", "<html><title>Bad", ProviderErrorBody(message: "502 Bad Gateway")),
    ]

    @Test(arguments: known + unknown)
    func everyShapeIsRead(_ test: Case) {
        #expect(ProviderErrorBody(parsing: Array(test.body.utf8), status: 502) == test.expected)
    }

    @Test func invalidUnicodeIsRepaired() {
        let bytes: [UInt8] = Array(#"{"error":{"message":"a"#.utf8) + [0xFF, 0xC0] + Array(#"b","code":"c"}}"#.utf8)
        #expect(ProviderErrorBody(parsing: bytes) == ProviderErrorBody(code: "c", message: "a\u{FFFD}\u{FFFD}b"))
    }

    @Test func textsAreBounded() {
        let long = String(repeating: "é", count: 40_000)
        let body = ProviderErrorBody(
            parsing: Array(#"{"error":{"message":"\#(long.prefix(20_000))","code":"\#(long.prefix(900))"}}"#.utf8))
        #expect(body.message.utf8.count <= ProviderErrorBody.maximumMessageBytes)
        #expect(body.message.hasSuffix("é…"))
        #expect((body.code ?? "").utf8.count <= ProviderErrorBody.maximumNameBytes)
    }

    @Test func onlyTheFirst64KiBAreRead() {
        let padding = String(repeating: " ", count: ProviderErrorBody.maximumBytes)
        #expect(
            ProviderErrorBody(parsing: Array((padding + #"{"error":"late"}"#).utf8), status: 500).message
                == "500 Internal Server Error")
    }

    @Test(arguments: ["[", "{\"error\":", "{\"error\":{\"innererror\":", "{\"error\":{\"details\":["])
    func deepNestingIsSurvived(_ opening: String) {
        let body = ProviderErrorBody(parsing: Array(String(repeating: opening, count: 3_000).utf8), status: 500)
        #expect(body.message.utf8.count <= ProviderErrorBody.maximumExcerptBytes)
    }

    @Test func theStatusInABodyIsOneOfAnError() {
        #expect(ProviderErrorBody(code: "429", message: "").statusInBody == 429)
        #expect(ProviderErrorBody(code: "200", message: "").statusInBody == nil)
        #expect(ProviderErrorBody(code: "20012", message: "").statusInBody == nil)
        #expect(ProviderErrorBody(code: "x", message: "").statusInBody == nil)
    }
}
