import SageOTLP
import SageResilience
import Testing
import Tracing

struct TraceContextTests {
    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let span = "00f067aa0ba902b7"

    @Test(arguments: [
        ("00-\(trace)-\(span)-01", true),
        ("00-\(trace)-\(span)-00", false),
        ("00-\(trace)-\(span)-03", true),
        // A later version, with and without more to read.
        ("01-\(trace)-\(span)-01", true),
        ("cc-\(trace)-\(span)-01-what-comes", true),
    ])
    func aHeaderIsRead(text: String, isSampled: Bool) throws {
        let context = try #require(TraceContext(traceparent: text))
        #expect(context.traceID.description == Self.trace)
        #expect(context.spanID.description == Self.span)
        #expect(context.isSampled == isSampled)
        #expect(context.isRemote)
        #expect(context.traceparent == "00-\(Self.trace)-\(Self.span)-\(isSampled ? "01" : "00")")
    }

    @Test(arguments: [
        "", "00", "00-\(trace)-\(span)", "00-\(trace)-\(span)-", "00-\(trace)-\(span)-1", "00-\(trace)-\(span)-01-",
        "00-\(trace)-\(span)-01-more", "ff-\(trace)-\(span)-01", "cc-\(trace)-\(span)-01.what",
        "00-00000000000000000000000000000000-\(span)-01", "00-\(trace)-0000000000000000-01",
        "00-\(trace.uppercased())-\(span)-01", "00-\(trace)-\(span)-0g", "00_\(trace)_\(span)_01",
        " 00-\(trace)-\(span)-01", "00-\(trace)-\(span)-01,00-\(trace)-\(span)-01", "+0-\(trace)-\(span)-01",
        "0é-\(trace)-\(span)-01", "cc-\(trace)-\(span)-01-" + String(repeating: "x", count: 600),
    ])
    func whatIsNoHeaderIsRefused(text: String) {
        #expect(TraceContext(traceparent: text) == nil)
    }

    @Test(arguments: [
        "a=1", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", "tenant@vendor=x", "a=1, b=2", "a=1,,b=2",
        (0..<32).map { "k\($0)=v" }.joined(separator: ","),
    ])
    func aStateIsPassedOnAsItCame(text: String) throws {
        let context = try #require(
            TraceContext(traceparent: "00-\(Self.trace)-\(Self.span)-01", tracestate: text))
        #expect(context.state?.text == text)
    }

    @Test(arguments: [
        "", ",", "a", "=1", "a=", "A=1", "a=1,a=2", "a=1=2", "a=\u{7F}", "a=é", "a b=1",
        (0..<33).map { "k\($0)=v" }.joined(separator: ","), "a=" + String(repeating: "x", count: 257),
        (0..<3).map { "k\($0)=" + String(repeating: "x", count: 200) }.joined(separator: ","),
    ])
    func aStateThatCannotBeReadIsLeftOut(text: String) throws {
        let context = try #require(
            TraceContext(traceparent: "00-\(Self.trace)-\(Self.span)-01", tracestate: text))
        #expect(context.state == nil)
    }

    @Test
    func idsOfZeroDoNotExist() {
        #expect(TraceID(high: 0, low: 0) == nil)
        #expect(SpanID(0) == nil)
        #expect(TraceID(random: .constant(0)).description == "00000000000000000000000000000001")
        #expect(SpanID(random: .constant(0)).description == "0000000000000001")
    }
}

struct SpanSamplerTests {
    private func id(_ low: UInt64) throws -> TraceID { try #require(TraceID(high: 1, low: low)) }

    @Test(arguments: [
        (1.0, UInt64.max, true), (1.0, 0, true), (0.0, 0, false), (0.5, UInt64.max / 2, true),
        (0.5, UInt64.max / 2 + 2, false), (0.25, UInt64.max / 4, true), (0.25, UInt64.max / 4 + 4, false),
        (1.0.nextDown, 0, true),
    ])
    func aShareOfTracesIsChosenByTheirIds(ratio: Double, low: UInt64, isSampled: Bool) throws {
        #expect(try SpanSampler(ratio: ratio).isSampled(id(low), parent: nil) == isSampled)
    }

    @Test(arguments: [true, false], [0.0, 1.0])
    func aChildDoesWhatItsParentDoes(parentIsSampled: Bool, ratio: Double) throws {
        let trace = try id(1 << 40)
        let parent = TraceContext(traceID: trace, spanID: try #require(SpanID(1)), isSampled: parentIsSampled)
        #expect(try SpanSampler(ratio: ratio).isSampled(trace, parent: parent) == parentIsSampled)
        #expect(
            try SpanSampler(ratio: ratio, followsParent: false).isSampled(trace, parent: parent) == (ratio == 1))
    }

    @Test(arguments: [-0.1, 1.1, .nan, .infinity])
    func aRatioOutOfRangeIsRefused(ratio: Double) {
        #expect(throws: ConfigurationError.self) { try SpanSampler(ratio: ratio) }
    }
}
