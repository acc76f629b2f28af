import Foundation
import SageOTLP
import SageResilience
import SageTesting
import Testing
import Tracing

private struct Headers: Extractor, Injector {
    func extract(key: String, from carrier: [String: String]) -> String? { carrier[key] }
    func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) { carrier[key] = value }
}

private func at(_ nanoseconds: UInt64) -> DefaultTracerClock.Timestamp { .init(nanosecondsSinceEpoch: nanoseconds) }

struct TracerTests {
    private func exported(
        sampler: SpanSampler = .always, limits: SpanLimits = .default, _ body: (OTLPTracer) throws -> Void
    ) async throws -> [[String: Any]] {
        let collector = Collector()
        let exporter = try OTLPExporter.make(collector)
        try await exporter.whileRunning { try body(.make(exporter, sampler: sampler, limits: limits)) }
        return try collector.spans()
    }

    @Test
    func everythingThatASpanHoldsIsExported() async throws {
        let spans = try await exported { tracer in
            let parent = tracer.startSpan("parent", context: .topLevel, ofKind: .server, at: at(1_000))
            let child = tracer.startSpan(
                "child \"quoted\"\u{1}\n", context: parent.context, ofKind: .client, at: at(2_000))
            child.set("text", "é\\")
            child.set("number", .int64(.min))
            child.set("small", .int32(-3))
            child.set("double", 0.5)
            child.set("nothing", .double(.nan))
            child.set("flag", true)
            child.set("texts", .stringArray(["a", "b"]))
            child.set("numbers", .int64Array([1, 2]))
            child.set("flags", .boolArray([true]))
            child.addEvent(SpanEvent(name: "token", at: at(2_500), attributes: ["n": 1]))
            child.addLink(SpanLink(context: parent.context, attributes: ["why": "test"]))
            child.setStatus(SpanStatus(code: .error, message: "overloaded"))
            child.end(at: at(3_000))
            parent.setStatus(SpanStatus(code: .ok))
            parent.end(at: at(4_000))
        }
        #expect(spans.count == 2)
        let (child, parent) = (spans[0], spans[1])
        #expect(parent["name"] as? String == "parent")
        #expect(parent["kind"] as? Int == 2)
        #expect(parent["parentSpanId"] == nil)
        #expect((parent["status"] as? [String: Any])?["code"] as? Int == 1)
        #expect(child["name"] as? String == "child \"quoted\"\u{1}\n")
        #expect(child["kind"] as? Int == 3)
        #expect(child["traceId"] as? String == parent["traceId"] as? String)
        #expect(child["parentSpanId"] as? String == parent["spanId"] as? String)
        #expect(child["flags"] as? Int == 0x101)
        #expect(child["startTimeUnixNano"] as? String == "2000")
        #expect(child["endTimeUnixNano"] as? String == "3000")
        let attributes = CollectorParser.attributes(child["attributes"])
        #expect(attributes["text"] as? String == "é\\")
        #expect(attributes["number"] as? Int == .min)
        #expect(attributes["small"] as? Int == -3)
        #expect(attributes["double"] as? Double == 0.5)
        #expect(attributes["nothing"] as? String == "NaN")
        #expect(attributes["flag"] as? Bool == true)
        #expect(attributes["texts"] as? [String] == ["a", "b"])
        #expect(attributes["numbers"] as? [Int] == [1, 2])
        let status = child["status"] as? [String: Any]
        #expect(status?["code"] as? Int == 2)
        #expect(status?["message"] as? String == "overloaded")
        let event = try #require((child["events"] as? [[String: Any]])?.first)
        #expect(event["timeUnixNano"] as? String == "2500")
        #expect(CollectorParser.attributes(event["attributes"])["n"] as? Int == 1)
        let link = try #require((child["links"] as? [[String: Any]])?.first)
        #expect(link["spanId"] as? String == parent["spanId"] as? String)
    }

    @Test
    func aTraceCrossesProcesses() async throws {
        let spans = try await exported { tracer in
            var context = ServiceContext.topLevel
            let headers = [
                "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "tracestate": "rojo=1",
            ]
            tracer.extract(headers, into: &context, using: Headers())
            let span = tracer.startSpan("served", context: context, ofKind: .server)
            var sent: [String: String] = [:]
            tracer.inject(span.context, into: &sent, using: Headers())
            #expect(sent["traceparent"] == "00-4bf92f3577b34da6a3ce929d0e0e4736-\(span.traceContext.spanID)-01")
            #expect(sent["tracestate"] == "rojo=1")
            span.end()
        }
        let span = try #require(spans.first)
        #expect(span["traceId"] as? String == "4bf92f3577b34da6a3ce929d0e0e4736")
        #expect(span["parentSpanId"] as? String == "00f067aa0ba902b7")
        #expect(span["traceState"] as? String == "rojo=1")
        // The parent is of another process.
        #expect(span["flags"] as? Int == 0x301)
    }

    @Test
    func whatIsNoTraceparentBeginsATraceOfItsOwn() throws {
        let tracer = OTLPTracer.make(try .make(Collector()))
        var context = ServiceContext.topLevel
        tracer.extract(["traceparent": "00-rubbish", "tracestate": "a=1"], into: &context, using: Headers())
        #expect(context.traceContext == nil)
        #expect(tracer.startSpan("served", context: context).traceContext.state == nil)
    }

    @Test
    func whatIsNotSampledIsNotExportedButPassedOn() async throws {
        let spans = try await exported(sampler: .never) { tracer in
            let span = tracer.startSpan("unseen", context: .topLevel)
            #expect(!span.isRecording)
            span.operationName = "renamed"
            span.set("key", "value")
            span.attributes["other"] = "value"
            span.addEvent("event")
            span.recordError(Collector.Unreachable())
            #expect(span.operationName.isEmpty)
            #expect(span.attributes.isEmpty)
            let child = tracer.startSpan("child", context: span.context)
            #expect(child.traceContext.traceID == span.traceContext.traceID)
            #expect(child.traceContext.traceparent.hasSuffix("-00"))
            child.end()
            span.end()
        }
        #expect(spans.isEmpty)
    }

    @Test
    func aSpanEndsOnceAndTakesNothingAfterwards() async throws {
        let spans = try await exported { tracer in
            let span = tracer.startSpan("first", context: .topLevel, at: at(9_000))
            span.end(at: at(5_000))
            span.end(at: at(99_000))
            span.set("late", true)
            span.operationName = "second"
            span.setStatus(SpanStatus(code: .error))
            #expect(!span.isRecording)
        }
        let span = try #require(spans.first)
        #expect(spans.count == 1)
        #expect(span["name"] as? String == "first")
        // A clock that was set back makes no span of negative length.
        #expect(span["endTimeUnixNano"] as? String == "9000")
        #expect((span["attributes"] as? [Any])?.isEmpty == true)
    }

    @Test
    func whatIsTooMuchIsLeftOutAndCounted() async throws {
        let limits = try SpanLimits(maxAttributes: 2, maxEvents: 1, maxLinks: 1, maxInnerAttributes: 1, maxLength: 16)
        let long = String(repeating: "é", count: 50)
        let spans = try await exported(limits: limits) { tracer in
            let span = tracer.startSpan(long, context: .topLevel)
            span.set("a", .string(long))
            span.set("b", .stringArray(Array(repeating: long, count: 50)))
            span.set("c", 1)
            span.set("a", .string(long + "!"))
            span.addEvent(SpanEvent(name: long, attributes: ["x": 1, "y": 2]))
            span.addEvent("second")
            span.addLink(SpanLink(context: span.context, attributes: ["x": 1, "y": 2]))
            span.addLink(SpanLink(context: span.context, attributes: [:]))
            span.setStatus(SpanStatus(code: .error, message: long))
            span.end()
            let other = tracer.startSpan("other", context: .topLevel)
            other.attributes = ["z": 1, "y": 2, "x": 3]
            other.end()
        }
        let span = spans[0]
        let cut = String(repeating: "é", count: 8)
        #expect(span["name"] as? String == cut)
        let attributes = CollectorParser.attributes(span["attributes"])
        #expect(attributes.count == 2)
        #expect(attributes["a"] as? String == cut)
        #expect((attributes["b"] as? [String])?.count == 16)
        #expect(span["droppedAttributesCount"] as? Int == 1)
        #expect((span["events"] as? [[String: Any]])?.count == 1)
        #expect(span["droppedEventsCount"] as? Int == 1)
        #expect(span["droppedLinksCount"] as? Int == 1)
        #expect(CollectorParser.attributes((span["events"] as? [[String: Any]])?[0]["attributes"]).count == 1)
        #expect((span["status"] as? [String: Any])?["message"] as? String == cut)
        #expect(Set(CollectorParser.attributes(spans[1]["attributes"]).keys) == ["x", "y"])
        #expect(spans[1]["droppedAttributesCount"] as? Int == 1)
    }

    @Test
    func anErrorIsToldByItsTypeAlone() async throws {
        let spans = try await exported { tracer in
            let span = tracer.startSpan("failing", context: .topLevel)
            span.recordError(Collector.Unreachable(), attributes: ["n": 1])
            span.end()
        }
        let event = try #require((spans.first?["events"] as? [[String: Any]])?.first)
        let attributes = CollectorParser.attributes(event["attributes"])
        #expect(event["name"] as? String == "exception")
        #expect(attributes["exception.type"] as? String == "Unreachable")
        #expect(attributes.keys.sorted() == ["exception.type", "n"])
    }

    @Test
    func randomTextsStayValid() async throws {
        var generator = SeededGenerator(seed: 11)
        let texts = (0..<200).map { _ in
            String(
                String.UnicodeScalarView(
                    (0..<20).compactMap { _ in Unicode.Scalar(UInt32.random(in: 0...0x11_0000, using: &generator)) }))
        }
        let spans = try await exported { tracer in
            for text in texts {
                let span = tracer.startSpan(text, context: .topLevel)
                span.set(text, .string(text))
                span.end()
            }
        }
        #expect(spans.map { $0["name"] as? String } == texts)
        #expect(spans.map { CollectorParser.attributes($0["attributes"]).values.first as? String } == texts)
    }
}
