import NIOCore
import Testing

@testable import SageMock

struct ResponsePlanTests {
    private func actions(_ step: String, _ reply: ProviderReply?) throws -> [ResponsePlan.Action] {
        let script = try FaultScript(parsing: "- steps: [\(step)]")
        return ResponsePlan(try #require(script.rules.first?.steps.first), reply: reply).actions
    }

    private func body(_ text: String) -> ResponsePlan.Action { .body(ByteBuffer(string: text), isEvent: true) }
    private func part(_ text: String) -> ResponsePlan.Action { .body(ByteBuffer(string: text), isEvent: false) }

    private let stream = ProviderReply(events: ["one", "two", "three"].map { ByteBuffer(string: $0) })
    private var streamHead: ResponsePlan.Action { .head(status: 200, headers: stream.headers, length: nil) }
    private let whole = ProviderReply(status: 200, contentType: "text/plain", text: "abcdef")
    private var wholeHead: ResponsePlan.Action { .head(status: 200, headers: whole.headers, length: 6) }

    @Test func aHealthyStreamEndsProperly() throws {
        #expect(try actions("{ ok: true }", stream) == [streamHead, body("one"), body("two"), body("three"), .end])
    }

    @Test func aCutHasNoEnd() throws {
        #expect(try actions("{ cutAfterEvents: 2 }", stream) == [streamHead, body("one"), body("two"), .cut])
        #expect(try actions("{ cutAfterEvents: 0 }", stream) == [streamHead, .cut])
        #expect(try actions("{ cutAfterBytes: 4 }", stream) == [streamHead, body("one"), part("t"), .cut])
        #expect(try actions("{ cutAfterBytes: 4 }", whole) == [wholeHead, part("abcd"), .cut])
        #expect(try actions("{ cutAfterEvents: 1 }", whole) == [wholeHead, part("abc"), .cut])
    }

    @Test func faultsCombine() throws {
        let pause = ResponsePlan.Action.pause(.milliseconds(5))
        #expect(
            try actions("{ latency: 5ms, eventDelay: 5ms, cutAfterEvents: 2, reset: true }", stream)
                == [pause, streamHead, body("one"), pause, body("two"), .reset])
        #expect(try actions("{ hangAfterEvents: 1 }", stream) == [streamHead, body("one"), .hang])
        #expect(try actions("{ latency: 5ms, reset: true }", nil) == [pause, .reset])
    }

    @Test func aHangComesBeforeTheHeaders() throws {
        #expect(try actions("{ hangBeforeHeaders: forever }", whole) == [.hang])
        #expect(
            try actions("{ hangBeforeHeaders: 1s }", whole)
                == [.pause(.seconds(1)), wholeHead, part("abcdef"), .end])
    }

    @Test func scriptedHeadersReplaceThoseOfTheSameName() throws {
        let headers = [FaultStep.Header("Content-Type", "a/b"), FaultStep.Header("retry-after", "2")]
        #expect(
            try actions("{ headers: { Content-Type: a/b, retry-after: 2 } }", whole).first
                == .head(status: 200, headers: headers, length: 6))
    }

    @Test func aStatusWithoutABodyHasNone() throws {
        let reply = ProviderReply(status: 204, contentType: "text/plain", text: "x")
        #expect(
            try actions("{ status: 204 }", reply)
                == [.head(status: 204, headers: reply.headers, length: nil), .end])
    }
}
