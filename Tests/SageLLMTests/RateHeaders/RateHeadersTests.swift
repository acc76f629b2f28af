import HTTPTypes
import SageResilience
import SageTesting
import Testing

@testable import SageLLM

struct RateHeadersTests {
    /// Fri, 29 Sep 2023 16:26:27 GMT.
    static let now: Int64 = 1_696_004_787

    struct Case: Sendable, CustomTestStringConvertible {
        let source: String
        let headers: [String: String]
        var requests: RateHeaders.Window?
        var tokens: RateHeaders.Window?
        var input: RateHeaders.Window?
        var output: RateHeaders.Window?
        var retryAfter: Duration?
        var pause: Duration?
        var testDescription: String { source }
    }

    static let providers: [Case] = [
        Case(
            source: "OpenAI, tier 1",
            headers: [
                "x-ratelimit-limit-requests": "500", "x-ratelimit-limit-tokens": "200000",
                "x-ratelimit-remaining-requests": "499", "x-ratelimit-remaining-tokens": "199978",
                "x-ratelimit-reset-requests": "120ms", "x-ratelimit-reset-tokens": "6ms", "x-request-id": "req_1",
            ],
            requests: .init(limit: 500, remaining: 499, reset: .milliseconds(120)),
            tokens: .init(limit: 200_000, remaining: 199_978, reset: .milliseconds(6))),
        Case(
            source: "OpenAI, all requests used",
            headers: [
                "x-ratelimit-limit-requests": "60", "x-ratelimit-remaining-requests": "0",
                "x-ratelimit-reset-requests": "1m0s",
            ],
            requests: .init(limit: 60, remaining: 0, reset: .seconds(60)), pause: .seconds(60)),
        Case(
            source: "OpenAI, both used: the later reset counts",
            headers: [
                "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "20ms",
                "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6m0s",
            ],
            requests: .init(remaining: 0, reset: .milliseconds(20)), tokens: .init(remaining: 0, reset: .seconds(360)),
            pause: .seconds(360)),
        Case(
            source: "Groq, requests by the day, tokens by the minute",
            headers: [
                "retry-after": "2", "x-ratelimit-limit-requests": "14400", "x-ratelimit-limit-tokens": "18000",
                "x-ratelimit-remaining-requests": "14370", "x-ratelimit-remaining-tokens": "17997",
                "x-ratelimit-reset-requests": "2m59.56s", "x-ratelimit-reset-tokens": "7.66s",
            ],
            requests: .init(limit: 14_400, remaining: 14_370, reset: .milliseconds(179_560)),
            tokens: .init(limit: 18_000, remaining: 17_997, reset: .milliseconds(7_660)), retryAfter: .seconds(2),
            pause: .seconds(2)),
        Case(
            source: "Anthropic, by the answer's own clock, an hour ahead of ours",
            headers: [
                "date": "Fri, 29 Sep 2023 17:26:27 GMT", "anthropic-ratelimit-requests-limit": "50",
                "anthropic-ratelimit-requests-remaining": "49",
                "anthropic-ratelimit-requests-reset": "2023-09-29T17:26:28Z",
                "anthropic-ratelimit-tokens-limit": "48000", "anthropic-ratelimit-tokens-remaining": "47000",
                "anthropic-ratelimit-tokens-reset": "2023-09-29T17:26:27Z",
                "anthropic-ratelimit-input-tokens-limit": "40000",
                "anthropic-ratelimit-input-tokens-remaining": "0",
                "anthropic-ratelimit-input-tokens-reset": "2023-09-29T17:26:57Z",
                "anthropic-ratelimit-output-tokens-limit": "8000",
                "anthropic-ratelimit-output-tokens-remaining": "8000",
                "anthropic-ratelimit-output-tokens-reset": "2023-09-29T17:25:27.5Z",
            ],
            requests: .init(limit: 50, remaining: 49, reset: .seconds(1)),
            tokens: .init(limit: 48_000, remaining: 47_000, reset: .zero),
            input: .init(limit: 40_000, remaining: 0, reset: .seconds(30)),
            output: .init(limit: 8_000, remaining: 8_000, reset: .zero), pause: .seconds(30)),
        Case(
            source: "Anthropic without a Date: our own clock",
            headers: [
                "anthropic-ratelimit-requests-remaining": "0",
                "anthropic-ratelimit-requests-reset": "2023-09-29T18:26:37+02:00",
            ],
            requests: .init(remaining: 0, reset: .seconds(10)), pause: .seconds(10)),
        Case(
            source: "Azure, seconds without a unit",
            headers: [
                "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "10",
                "x-ms-retry-after-ms": "1500",
            ],
            requests: .init(remaining: 0, reset: .seconds(10)), retryAfter: .milliseconds(1_500), pause: .seconds(10)),
        Case(
            source: "a moment in seconds since 1970",
            headers: ["x-ratelimit-remaining-requests": "3", "x-ratelimit-reset-requests": "1696004790"],
            requests: .init(remaining: 3, reset: .seconds(3))),
        Case(
            source: "a moment in milliseconds since 1970",
            headers: ["x-ratelimit-remaining-requests": "3", "x-ratelimit-reset-requests": "1696004787250"],
            requests: .init(remaining: 3, reset: .milliseconds(250))),
        Case(source: "Gemini has none", headers: ["content-type": "application/json", "server": "scaffolding"]),
        Case(source: "retry-after alone", headers: ["retry-after": "7"], retryAfter: .seconds(7), pause: .seconds(7)),
    ]

    static let nonsense: [Case] = [
        ("remaining above the limit", ["limit": "10", "remaining": "11", "reset": "1s"]),
        ("negative", ["limit": "10", "remaining": "-1", "reset": "1s"]),
        ("no number", ["remaining": "many", "reset": "1s"]),
        ("a fraction", ["remaining": "1.5", "reset": "1s"]),
        ("more than anybody grants", ["remaining": "1000000000000001", "reset": "1s"]),
        ("more than fits", ["remaining": "99999999999999999999999", "reset": "1s"]),
        ("empty", ["remaining": "", "reset": ""]),
        ("no reset", ["remaining": "0"]),
        ("no remainder", ["reset": "1s"]),
        ("a reset more than a day ahead", ["remaining": "0", "reset": "24h0m1s"]),
        ("a reset in 2262", ["remaining": "0", "reset": "9223372036"]),
        ("a reset that is no time", ["remaining": "0", "reset": "soon"]),
        ("a negative reset", ["remaining": "0", "reset": "-1s"]),
        ("a day that does not exist", ["remaining": "0", "reset": "2023-02-29T00:00:00Z"]),
        ("a moment without a zone", ["remaining": "0", "reset": "2023-09-29T16:26:37"]),
    ].map { name, parts in
        Case(source: name, headers: Dictionary(uniqueKeysWithValues: parts.map { ("x-ratelimit-\($0)-requests", $1) }))
    }

    @Test(arguments: providers + nonsense)
    func headersAreRead(_ test: Case) throws {
        let headers = RateHeaders(try fields(test.headers), now: Self.now)
        #expect(headers?.requests == test.requests)
        #expect(headers?.tokens == test.tokens)
        #expect(headers?.inputTokens == test.input)
        #expect(headers?.outputTokens == test.output)
        #expect(headers?.retryAfter == test.retryAfter)
        #expect(headers?.pause == test.pause)
        let isExpected =
            [test.requests, test.tokens, test.input, test.output].contains { $0 != nil } || test.retryAfter != nil
        #expect((headers != nil) == isExpected)
    }

    @Test func theScarcestTokensCount() throws {
        let headers = try fields([
            "anthropic-ratelimit-tokens-remaining": "900", "anthropic-ratelimit-tokens-reset": "2023-09-29T16:26:28Z",
            "anthropic-ratelimit-output-tokens-remaining": "7",
            "anthropic-ratelimit-output-tokens-reset": "2023-09-29T16:26:29Z",
        ])
        #expect(RateHeaders(headers, now: Self.now)?.scarcestTokens == .init(remaining: 7, reset: .seconds(2)))
    }

    @Test func ofTwoFieldsOfANameTheFirstCounts() throws {
        var headers = try fields(["x-ratelimit-reset-requests": "1s"])
        let name = try #require(HTTPField.Name("x-ratelimit-remaining-requests"))
        headers.append(HTTPField(name: name, value: "5"))
        headers.append(HTTPField(name: name, value: "0"))
        #expect(RateHeaders(headers, now: Self.now)?.requests?.remaining == 5)
    }

    @Test(arguments: 0..<8)
    func noInputTrapsOrIsBelievedBeyondReason(_ seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let names =
            ["limit", "remaining", "reset"].flatMap { part in
                ["requests", "tokens", "input-tokens"].flatMap {
                    ["x-ratelimit-\(part)-\($0)", "anthropic-ratelimit-\($0)-\(part)"]
                }
            } + ["retry-after", "retry-after-ms", "date"]
        let parts = [
            "0", "1", "9", "99999999999999999999", "-", ".", "s", "m", "h", "ms", "1s", "6m0s", "T", "Z", ":", "+", " ",
            "2023-09-29T16:26:37Z", "9999-12-31T23:59:60.999999999999Z", "0000-01-01T00:00:00+23:59",
            "Fri, 29 Sep 2023 16:26:47 GMT", "1696004790", "9223372036854775807", "1e9", "NaN",
        ]
        for _ in 0..<2_000 {
            var headers: [String: String] = [:]
            for name in names where Int.random(in: 0..<3, using: &generator) == 0 {
                headers[name] = (0..<Int.random(in: 1...4, using: &generator))
                    .compactMap { _ in parts.randomElement(using: &generator) }.joined()
            }
            let now = [Int64.min, -1, 0, Self.now, .max].randomElement(using: &generator) ?? 0
            guard let read = RateHeaders(try fields(headers), now: now) else { continue }
            let windows = [read.requests, read.tokens, read.inputTokens, read.outputTokens].compactMap(\.self)
            for window in windows {
                #expect(window.remaining >= 0 && window.remaining <= window.limit ?? .max)
                #expect(window.reset >= .zero && window.reset <= RateHeaders.longestReset)
            }
            #expect(read.pause.map { $0 >= .zero && $0 <= RateHeaders.longestReset } ?? true)
        }
    }
}

struct InternetTimestampTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", Int64(0)), ("2023-09-29T16:26:27Z", 1_696_004_787_000_000_000),
        ("2023-09-29t16:26:27.5z", 1_696_004_787_500_000_000), ("2023-09-29 18:26:27+02:00", 1_696_004_787_000_000_000),
        ("2023-09-29T11:56:27-04:30", 1_696_004_787_000_000_000),
        ("2024-02-29T00:00:00Z", 1_709_164_800_000_000_000), ("2016-12-31T23:59:60Z", 1_483_228_800_000_000_000),
        ("1969-12-31T23:59:59Z", -1_000_000_000), ("2023-09-29T16:26:27.0000000019Z", 1_696_004_787_000_000_001),
    ])
    func momentsAreRead(_ text: String, _ nanoseconds: Int64) {
        #expect(InternetTimestamp.parse(text[...]) == nanoseconds)
    }

    @Test(arguments: [
        "", "2023-09-29", "2023-09-29T16:26:27", "2023-09-29T16:26Z", "2023-13-01T00:00:00Z", "2023-02-29T00:00:00Z",
        "2023-09-29T24:00:00Z", "2023-09-29T16:60:00Z", "2023-09-29T16:26:61Z", "2023-09-29T16:26:27.Z",
        "2023-09-29T16:26:27+2:00", "2023-09-29T16:26:27+24:00", "2023-09-29T16:26:27ZZ", "23-09-29T16:26:27Z",
        "2023/09/29T16:26:27Z", "２023-09-29T16:26:27Z",
    ])
    func othersAreNot(_ text: String) {
        #expect(InternetTimestamp.parse(text[...]) == nil)
    }
}
