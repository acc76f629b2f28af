import SageLLM
import Testing

@testable import SageMock

struct RequestLogTests {
    private func record(_ sequence: Int) -> RequestRecord {
        RequestRecord(
            sequence: sequence, arrival: .zero,
            request: IncomingRequest(method: "GET", target: "/", headers: [], body: []),
            facts: RequestFacts(path: "/"), decision: .unscripted)
    }

    @Test func theOldestRecordsAreDroppedAndCounted() {
        var log = RequestLog()
        let total = RequestLog.capacity * 2 + 5
        for _ in 0..<total { log.append(record(log.nextSequence)) }
        #expect(log.received == total)
        #expect(log.kept.count == RequestLog.capacity)
        #expect(log.dropped == total - RequestLog.capacity)
        #expect(log.kept.first?.sequence == log.dropped + 1)
        #expect(log.kept.last?.sequence == total)

        #expect(log.end(total, outcome: .cut, at: .seconds(1))?.outcome == .cut)
        #expect(log.kept.last?.duration == .seconds(1))
        #expect(log.end(1, outcome: .cut, at: .seconds(1)) == nil)
        #expect(log.ended == 2)
    }

    @Test func aConditionNeedsBothNumbers() {
        var log = RequestLog()
        log.append(record(1))
        #expect(LogCondition(received: 1).holds(for: log))
        #expect(!LogCondition(received: 1, ended: 1).holds(for: log))
        _ = log.end(1, outcome: .completed, at: .zero)
        #expect(LogCondition(received: 1, ended: 1).holds(for: log))
    }

    @Test(arguments: [
        ("Authorization", "Bearer sk-abcdefghij1234", "Bearer ***1234"),
        ("authorization", "Bearer short", "Bearer ***"),
        ("authorization", "sk-abcdefghij1234", "***1234"), ("x-api-key", "abcdefghijklmnop", "***mnop"),
        ("X-Goog-Api-Key", "k", "***"), ("cookie", "a=b; session=abcdefgh", "***efgh"),
        ("idempotency-key", "abc", "abc"), ("x-request-id", "1", "1"),
    ])
    func credentialsInHeadersAreHidden(_ name: String, _ value: String, _ shown: String) {
        #expect(Redaction.header(name, value) == shown)
    }

    @Test(arguments: [
        ("/v1/x", "/v1/x"), ("/v1/x?a=1", "/v1/x?a=1"), ("/v1/x?a=1&key=abcdefghijklmnop&b", "/v1/x?a=1&key=***mnop&b"),
    ])
    func aKeyInTheQueryIsHidden(_ target: String, _ shown: String) {
        #expect(Redaction.path(target) == shown)
    }

    @Test(
        arguments: [
            (nil, "null"), (.zero, "0.0"), (.microseconds(1_005), "1.005"), (.nanoseconds(1_999), "0.001"),
            (.seconds(86_400), "86400000.0"), (.seconds(-1), "0.0"),
        ] as [(Duration?, String)])
    func timesAreMillisecondsWithThreeDecimals(_ duration: Duration?, _ expected: String) {
        #expect(JSONValue(milliseconds: duration).description == expected)
    }
}
