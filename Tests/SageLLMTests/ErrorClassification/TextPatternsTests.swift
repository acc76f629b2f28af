import SageResilience
import Testing

@testable import SageLLM

struct TextPatternsTests {
    @Test(arguments: [
        ("Rate limit reached", ErrorClass.rateLimited), ("rate_limit_exceeded", .rateLimited),
        ("RATE-LIMITED", .rateLimited), ("Too Many\r\n  Requests", .rateLimited), ("Error 429", .rateLimited),
        ("HTTP/1.1 429 Too fast", .rateLimited), ("status=429.", .rateLimited), ("(429)", .rateLimited),
        ("The read operation timed out", .timeout), ("connect timeout=5", .timeout), ("gateway timeout", .timeout),
        ("Connection error.", .transient), ("connection reset by peer", .transient),
        ("Server disconnected without sending a response", .transient), ("Internal Server Error", .transient),
        ("502 Bad Gateway", .transient), ("Service Unavailable", .overloaded),
        ("temporarily unavailable", .overloaded), ("authentication service timed out", .timeout),
        ("Unauthorized", .authentication), ("authentication failed", .authentication),
        ("Invalid API key", .authentication), ("403 Forbidden", .authentication), ("model not found", .permanent),
        ("not_found", .permanent), ("1 validation error for Request", .permanent), ("Bad Request", .permanent),
        ("Error code: 402 - pay", .quotaExhausted), ("请求429错误", .rateLimited),
    ])
    func knownWordsAreRecognised(_ text: String, _ expected: ErrorClass) {
        #expect(TextPatterns.errorClass(of: FoldedText(text)) == expected)
    }

    @Test(arguments: [
        "", "1429 tokens", "4290", "used 429 tokens", "429 requests so far", "$429", "3.429", "429.5", "1,429",
        "429,000", "429%", "x429y", "moderate limits", "corporate limit", "knot foundry", "abad request",
        "forbiddenness", "timeoutless", "402 characters", "id 14025", "all is well", "429 of 500",
    ])
    func partsOfWordsAndAmountsAreNot(_ text: String) {
        #expect(TextPatterns.errorClass(of: FoldedText(text)) == nil)
    }

    @Test func onlyTheBeginningOfATextIsSearched() {
        let text = FoldedText(String(repeating: "x ", count: FoldedText.limit) + "rate limit")
        #expect(text.bytes.count <= FoldedText.limit)
        #expect(!text.contains("rate limit"))
    }
}
