import HTTPTypes
import SageResilience
import Testing

@testable import SageLLM

struct RetryAfterTests {
    /// Fri, 29 Sep 2023 16:26:27 GMT.
    static let now: Int64 = 1_696_004_787

    struct Case: Sendable, CustomTestStringConvertible {
        let source: String
        let headers: [String: String]
        let expected: Duration?
        var testDescription: String { "\(source): \(headers)" }
    }

    /// Conformance case 33.
    ///
    /// The library openai-python also takes 0 and past dates for "none"; a wait of zero is the same thing, a
    /// minimum that no delay falls below, and tells that the server did speak. The cap of 120 s is the retry's: a hint
    /// is handed on as the server gave it.
    static let openAIPython: [Case] = [
        ("retry-after", "20", Duration.seconds(20)),
        ("retry-after", "0", .zero),
        ("retry-after", "-10", nil),
        ("retry-after", "120", .seconds(120)),
        ("retry-after", "121", .seconds(121)),
        ("retry-after", "60.5", .milliseconds(60_500)),
        ("retry-after", "Fri, 29 Sep 2023 16:26:47 GMT", .seconds(20)),
        ("retry-after", "Fri, 29 Sep 2023 16:26:27 GMT", .zero),
        ("retry-after", "Fri, 29 Sep 2023 16:26:07 GMT", .zero),
        ("retry-after", "Zun, 29 Sep 2023 16:26:47 GMT", nil),
        ("retry-after", "inf", nil),
        ("retry-after", "nan", nil),
        ("retry-after", "", nil),
        ("retry-after", "99999999999999999999999999999999999", .nanoseconds(Int64.max)),
        ("retry-after-ms", "120000", .seconds(120)),
        ("retry-after-ms", "120001", .milliseconds(120_001)),
        ("retry-after-ms", "0.5", .microseconds(500)),
        ("retry-after-ms", "inf", nil),
    ].map { Case(source: "openai-python", headers: [$0.0: $0.1], expected: $0.2) }

    static let others: [Case] = [
        Case(
            source: "RFC 9110 RFC 850", headers: ["retry-after": "Friday, 29-Sep-23 16:26:47 GMT"],
            expected: .seconds(20)),
        Case(source: "RFC 9110 asctime", headers: ["retry-after": "Fri Sep 29 16:26:47 2023"], expected: .seconds(20)),
        Case(source: "Azure", headers: ["x-ms-retry-after-ms": "1500"], expected: .milliseconds(1_500)),
        Case(
            source: "the most exact wins",
            headers: ["retry-after": "3", "x-ms-retry-after-ms": "2500", "retry-after-ms": "2100"],
            expected: .milliseconds(2_100)),
        Case(
            source: "an unreadable one gives way", headers: ["retry-after": "3", "retry-after-ms": "soon"],
            expected: .seconds(3)),
        Case(
            source: "our clock is an hour slow",
            headers: ["retry-after": "Fri, 29 Sep 2023 17:26:47 GMT", "date": "Fri, 29 Sep 2023 17:26:27 GMT"],
            expected: .seconds(20)),
        Case(
            source: "an unreadable Date gives way to our clock",
            headers: ["retry-after": "Fri, 29 Sep 2023 16:26:47 GMT", "date": "yesterday"], expected: .seconds(20)),
        Case(source: "white space", headers: ["retry-after": "  7 "], expected: .seconds(7)),
        Case(source: "a wrong weekday", headers: ["retry-after": "Sat, 29 Sep 2023 16:26:47 GMT"], expected: nil),
        Case(source: "hexadecimal", headers: ["retry-after": "0x10"], expected: nil),
        Case(source: "exponent", headers: ["retry-after": "1e3"], expected: nil),
        Case(
            source: "OpenAI reset, tokens used up",
            headers: [
                "x-ratelimit-remaining-requests": "10", "x-ratelimit-reset-requests": "1s",
                "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6m0s",
            ], expected: .seconds(360)),
        Case(
            source: "OpenAI reset, both used up",
            headers: [
                "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1h2m3.5s",
                "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "20ms",
            ], expected: .milliseconds(3_723_500)),
        Case(
            source: "OpenAI reset, nothing used up",
            headers: ["x-ratelimit-remaining-requests": "1", "x-ratelimit-reset-requests": "1s"], expected: nil),
        Case(source: "OpenAI reset, no remaining", headers: ["x-ratelimit-reset-requests": "1s"], expected: nil),
        Case(
            source: "retry-after wins over a reset",
            headers: ["retry-after": "2", "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6m0s"],
            expected: .seconds(2)),
    ]

    @Test(arguments: openAIPython + others)
    func headersBecomeAWait(_ test: Case) throws {
        let hint = RetryAfter.hint(
            headers: try fields(test.headers), status: 429, body: ProviderErrorBody(message: ""), now: Self.now)
        #expect(hint == test.expected.map(ServerHint.wait))
    }

    @Test func limitResetsCountOnlyForStatus429() throws {
        let headers = try fields(["x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6m0s"])
        let body = ProviderErrorBody(message: "")
        #expect(RetryAfter.hint(headers: headers, status: 500, body: body, now: 0) == nil)
        #expect(RetryAfter.hint(headers: headers, status: 429, body: body, now: 0) == .wait(.seconds(360)))
    }

    @Test(arguments: [
        ("false", "5", ServerHint.doNotRetry), ("FALSE", "5", .doNotRetry), ("true", "5", .wait(.seconds(5))),
        ("maybe", "5", .wait(.seconds(5))),
    ])
    func aRefusalToBeRetriedWinsOverAWait(_ verdict: String, _ wait: String, _ expected: ServerHint) throws {
        let headers = try fields(["x-should-retry": verdict, "retry-after": wait])
        #expect(
            RetryAfter.hint(headers: headers, status: 503, body: ProviderErrorBody(message: ""), now: 0) == expected)
    }

    @Test func headersWinOverTheBodyAndTheBodyOverItsMessage() throws {
        let text = "Please try again in 3s."
        let delayed = ProviderErrorBody(message: text, retryDelay: .seconds(2))
        let headers = try fields(["retry-after": "1"])
        func hint(_ headers: HTTPFields, _ body: ProviderErrorBody) -> ServerHint? {
            RetryAfter.hint(headers: headers, status: 429, body: body, now: 0)
        }
        #expect(hint(headers, delayed) == .wait(.seconds(1)))
        #expect(hint([:], delayed) == .wait(.seconds(2)))
        #expect(hint([:], ProviderErrorBody(message: text)) == .wait(.seconds(3)))
    }

    @Test(arguments: [
        ("Rate limit reached ... Please try again in 5.289s. Need more tokens?", Duration.milliseconds(5_289)),
        ("Please try again in 1m2s", .seconds(62)),
        ("please TRY AGAIN IN 20ms.", .milliseconds(20)),
        ("Please try again in 6m0s.", .seconds(360)),
        ("Please retry after 55 seconds.", .seconds(55)),
        ("Please retry in 46.123456789s.", .nanoseconds(46_123_456_789)),
        ("Retry-After: 2 minutes 3 seconds", .seconds(123)),
        ("try again in 1 hour and a bit", .seconds(3_600)),
        ("try again in 3 weeks, or try again in 4s", .seconds(4)),
        ("try again in 99999999999999999999999h", .nanoseconds(Int64.max)),
        ("try again in a few minutes", nil),
        ("try again in 5", nil),
        ("try again in 5 times", nil),
        ("try again in -5s", nil),
        ("retry again in 5s", nil),
        ("entry in 5s", nil),
        ("try again in", nil),
        ("", nil),
    ])
    func messagesBecomeAWait(_ message: String, _ expected: Duration?) {
        #expect(RetryAfter.wait(in: message) == expected)
    }

    @Test func clocksFarOffDoNotTrap() throws {
        let headers = try fields(["retry-after": "Fri, 31 Dec 9999 23:59:59 GMT"])
        #expect(RetryAfter.wait(in: headers, now: .min) == .zero)
        #expect(RetryAfter.wait(in: headers, now: .max) == .zero)
        #expect(RetryAfter.wait(in: headers, now: 0) == .seconds(253_402_300_799).cappedToNanoseconds)
    }
}

extension Duration {
    fileprivate var cappedToNanoseconds: Duration { .nanoseconds(saturatingNanoseconds) }
}
