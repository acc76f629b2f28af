import HTTPTypes
import NIOCore
import SageGateway
import SageLLM
import SageResilience
import Testing

@testable import SageCLI

struct ClassificationReportTests {
    private func report(_ status: Int?, _ body: String = "", headers: HTTPFields = [:]) throws -> ClassificationReport {
        let error = ProviderError.recorded(
            target: "provider", status: status, headers: headers, body: ByteBuffer(string: body), now: 1_700_000_000)
        return try ClassificationReport(error, policy: TargetPolicy(GatewayConfiguration.Policy()))
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let status: Int?
        var body = ""
        let expected: [String: JSONValue]
        var testDescription: String { "\(status ?? 0) \(body.prefix(40))" }
    }

    private static let completion = #"{"choices":[{"message":{"content":"1429 tokens, 404 not found"}}]}"#
    private static let event = #"data: {"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":null}]}"#

    @Test(
        "An answer shows as the gateway would treat it",
        arguments: [
            Case(
                status: 503,
                expected: [
                    "class": "overloaded", "fault": "provider", "recovery": "retryable", "retried": true,
                    "breaker": "failure", "fallback": "general", "retry_after_ms": nil, "not_retried_because": nil,
                ]),
            Case(status: 429, expected: ["class": "rate_limited", "retried": true, "breaker": "ignored"]),
            Case(
                status: 401,
                expected: [
                    "class": "authentication", "fault": "caller", "recovery": "fatal", "retried": false,
                    "not_retried_because": "permanent", "breaker": "ignored", "fallback": "general",
                ]),
            Case(status: 400, expected: ["class": "permanent", "recovery": "non_retryable", "fallback": nil]),
            Case(status: 404, expected: ["class": "permanent", "retried": false, "fallback": "general"]),
            Case(
                status: 400, body: #"{"error":{"message":"too long","code":"context_length_exceeded"}}"#,
                expected: [
                    "class": "context_window", "recovery": "degraded", "fallback": "context_window",
                    "code": "context_length_exceeded", "status": 400,
                ]),
            Case(
                status: 429, body: #"{"error":{"message":"no money","code":"insufficient_quota"}}"#,
                expected: ["class": "quota_exhausted", "retried": false, "breaker": "failure"]),
            Case(status: 200, body: completion, expected: ["class": nil, "retried": false, "breaker": "success"]),
            Case(status: 200, body: "<html>down</html>", expected: ["class": "transient", "retried": true]),
            Case(status: 200, body: #"{"error":{"code":429,"message":"x"}}"#, expected: ["class": "rate_limited"]),
            Case(status: 200, body: "\(event)\n\ndata: [DONE]\n\n", expected: ["class": nil, "breaker": "success"]),
            Case(status: 200, body: "\(event)\n\n", expected: ["class": "transient", "breaker": "failure"]),
            Case(status: nil, body: "rate limit reached", expected: ["class": "rate_limited", "status": nil]),
        ])
    func judgement(of answer: Case) throws {
        let json = try report(answer.status, answer.body).json
        for (key, value) in answer.expected { #expect(json[key] == value, "\(key)") }
    }

    @Test("A server's wait is the least of the schedule, up to a tenth more the most")
    func serverHint() throws {
        let report = try report(429, headers: [.retryAfter: "7"])
        #expect(report.json["retry_after_ms"] == 7_000)
        let schedule = try #require(report.json["schedule"]?.arrayValue)
        #expect(schedule.count == 3)
        #expect(schedule[0]["min_ms"] == 7_000)
        #expect(schedule[0]["max_ms"] == 7_700)
        let lines = report.lines(.plain)
        #expect(lines.contains("server hint  wait 7s"))
        #expect(lines.contains("retried      yes, up to 3 times"))
        #expect(lines.contains("RETRY  MIN  TYPICAL   MAX   TOTAL"))
        #expect(lines.contains("    1   7s    7.35s  7.7s   7.35s"))
    }

    @Test(
        "What stops the retries is said",
        arguments: [
            ("retry-after", "61", "hint_exceeds_maximum", "no: the server asks for more than 1m"),
            ("x-should-retry", "false", "server_says_stop", "no: the server says so"),
        ])
    func noRetry(name: String, value: String, reason: String, line: String) throws {
        var headers = HTTPFields()
        headers.append(HTTPField(name: try #require(HTTPField.Name(name)), value: value))
        let report = try report(503, headers: headers)
        #expect(report.json["retried"] == false)
        #expect(report.json["not_retried_because"] == .string(reason))
        #expect(report.json["schedule"] == [])
        #expect(report.lines(.plain).contains("retried      \(line)"))
    }

    @Test("The deadline of a request ends the schedule")
    func deadline() throws {
        let schedule = try #require(try report(503, headers: [.retryAfter: "50"]).json["schedule"]?.arrayValue)
        // Twice 50 s fit into 120 s, even with a tenth more.
        #expect(schedule.count == 2)
    }

    @Test("A whole answer is a success")
    func success() throws {
        #expect(try report(200, Self.completion).lines(.plain).count == 1)
    }

    @Test("Secrets and control characters of the provider's text are not shown")
    func safety() throws {
        let text = try report(500, "bad key sk-abcdefghijklmnop \u{1B}[2J").lines(.plain).joined(separator: "\n")
        #expect(!text.contains("sk-abcdefghijklmnop"))
        #expect(!text.contains("\u{1B}"))
    }
}
