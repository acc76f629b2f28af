import Testing

@testable import SageLLM

struct SecretRedactionTests {
    @Test(arguments: [
        ("key sk-proj-abcDEF123456_7 wrong", "key [redacted] wrong"),
        ("Incorrect API key provided: sk-abcd********wxyz.", "Incorrect API key provided: [redacted]."),
        ("x sk-ant-api03-AAAA-bbbb_CC", "x [redacted]"),
        ("AIzaSyA1234567890abcdefghijklmnopqrstuv!", "[redacted]!"),
        ("gsk_abcdefgh12345678", "[redacted]"),
        ("Authorization: Bearer abc.def-ghi", "Authorization: Bearer [redacted]"),
        ("bearer   tok123", "bearer   [redacted]"),
        ("authorization: Basic dXNlcjpwYXNz", "authorization: Basic [redacted]"),
        ("GET /v1beta?key=abc123&alt=sse", "GET /v1beta?key=[redacted]&alt=sse"),
        ("?alt=sse&api_key=abc", "?alt=sse&api_key=[redacted]"),
        ("access_token=abc)", "access_token=[redacted])"),
        ("x-api-key: abc", "x-api-key: [redacted]"),
        (#"{"api_key":"abc","a":1}"#, #"{"api_key":"[redacted]","a":1}"#),
        (#"{\"token\": \"abc\"}"#, #"{\"token\": \"[redacted]\"}"#),
        ("postgres://me:pw@host/db", "postgres://me:[redacted]@host/db"),
        (#"wrong key:\nsk-abcdefgh"#, #"wrong key:\n[redacted]"#),
        ("prefixsk-proj-ABCDEFGHIJKLMNOP1234", "prefix[redacted]"),
        ("two: sk-aaaaaaaa and sk-bbbbbbbb", "two: [redacted] and [redacted]"),
    ])
    func whatLooksLikeASecretIsRedacted(_ text: String, _ expected: String) {
        #expect(SecretRedaction.patterns.redact(text) == expected)
        #expect(SecretRedaction.patterns.redact(expected) == expected)
    }

    @Test(arguments: [
        "", "task-management-service", "sk-1", "a bearer token is missing", "monkey=1", "max_tokens=5",
        "http://host:8080/path", "https://user@host/", "This model's maximum context length is 8 tokens",
        "key: value is missing", "the token: unexpected", "Bearer", "sk-", "://", "risk-assessment-model",
    ])
    func ordinaryTextStays(_ text: String) {
        #expect(SecretRedaction.patterns.redact(text) == text)
    }

    @Test func knownSecretsAreRedactedWhereverTheyAre() {
        let redaction = SecretRedaction(knownSecrets: ["hunter2", "hunter2-long", "abc", "日本語秘密"])
        #expect(redaction.redact("xhunter2y hunter2-longer") == "x[redacted]y [redacted]er")
        #expect(redaction.redact("abc") == "abc")
        #expect(redaction.redact("鍵は日本語秘密です") == "鍵は[redacted]です")
    }

    @Test func aRedactionDoesNotShowItsSecrets() {
        let redaction = SecretRedaction(knownSecrets: ["hunter2"])
        var dumped = ""
        dump(redaction, to: &dumped)
        #expect(!(dumped + "\(redaction)" + String(reflecting: redaction)).contains("hunter2"))
    }

    /// Quadratic work on texts of this length would exceed the limit many times over.
    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            "a-", "key ", "bearer ", "://", "://a:", "sk-", "key=", "token\"", "cookie-", "basic:", "ask-", "Aask- 1",
        ])
    func repetitiveTextTakesLinearWork(_ unit: String) {
        let text = String(repeating: unit, count: 40_000 / unit.utf8.count)
        let redacted = SecretRedaction.patterns.redact(text)
        #expect(SecretRedaction.patterns.redact(redacted) == redacted)
    }
}
