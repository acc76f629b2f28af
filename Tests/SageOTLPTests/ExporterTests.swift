import MetricsTestKit
import SageOTLP
import SageResilience
import SageTesting
import Testing
import Tracing

struct ExporterTests {
    @Test
    func aFullBatchIsSentAtOnce() async throws {
        let collector = Collector()
        let exporter = try OTLPExporter.make(collector) { $0.maxBatchLength = 3 }
        // Before it runs, or it could take spans between the third and the last and send them in more requests.
        OTLPTracer.make(exporter).finish(7)
        await exporter.whileRunning { await collector.waitForRequests(1) }
        #expect(collector.requests.count == 3)
        #expect(try collector.spans().count == 7)
        #expect(exporter.counts.exported == 7)
        #expect(exporter.queued == 0)
    }

    @Test
    func aSpanWaitsForTheInterval() async throws {
        let (collector, clock) = (Collector(), TestClock())
        let exporter = try OTLPExporter.make(collector, clock: clock) { $0.interval = .seconds(5) }
        let running = Task { await exporter.run() }
        await clock.waitForTimer(due: .seconds(5))
        OTLPTracer.make(exporter).finish(1)
        clock.advance(by: .milliseconds(4_999))
        #expect(collector.requests.isEmpty)
        clock.advance(by: .milliseconds(1))
        await collector.waitForRequests(1)
        running.cancel()
        await running.value
        #expect(collector.requests.count == 1)
    }

    @Test
    func theRequestIsWhatACollectorExpects() async throws {
        let collector = Collector()
        let exporter = try OTLPExporter.make(collector) {
            $0.headers = ["x-key": "secret", "Content-Type": "text/plain"]
            $0.resource["deployment.environment.name"] = "test"
            $0.timeout = .seconds(3)
        }
        await exporter.whileRunning { OTLPTracer.make(exporter).finish(1) }
        let request = try #require(collector.requests.first)
        #expect(request.url == "http://127.0.0.1:4318/v1/traces")
        #expect(request.headers.map(\.name) == ["content-type", "x-key"])
        #expect(request.headers.map(\.value) == ["application/json", "secret"])
        #expect(request.timeout == .seconds(3))
        #expect(
            try CollectorParser.resource(in: request.body)
                == ["service.name": "shop", "deployment.environment.name": "test"])
    }

    @Test(arguments: [429, 502, 503, 504])
    func anOverloadedCollectorIsTriedAgainWhenItSaysSo(status: Int) async throws {
        let clock = TestClock()
        let collector = Collector([.response(OTLPResponse(status: status, retryAfter: ["7"]))])
        let exporter = try OTLPExporter.make(collector, clock: clock) { $0.maxBatchLength = 1 }
        await exporter.whileRunning {
            OTLPTracer.make(exporter).finish(1)
            await collector.waitForRequests(1)
            // The time asked for and half of the tenth that may come on top.
            await clock.pass(.milliseconds(7_350))
            await collector.waitForRequests(2)
        }
        #expect(collector.requests[0].body == collector.requests[1].body)
        #expect(exporter.counts.exported == 1)
    }

    @Test(arguments: [400, 401, 404, 413, 500, 501])
    func aRefusalIsNotRepeated(status: Int) async throws {
        let collector = Collector([.response(OTLPResponse(status: status))])
        let (logger, lines) = Lines.make()
        let exporter = try OTLPExporter.make(collector, logger: logger)
        await exporter.whileRunning { OTLPTracer.make(exporter).finish(2) }
        #expect(collector.requests.count == 1)
        #expect(exporter.counts.rejected == 2)
        #expect(lines.all == ["warning spans are lost reason=the collector answered with status \(status) spans=2"])
    }

    @Test
    func aPartialSuccessIsCounted() async throws {
        let body = #"{"partialSuccess":{"rejectedSpans":"2","errorMessage":"too old"}}"#
        let collector = Collector([.response(OTLPResponse(status: 200, body: Array(body.utf8)))])
        let metrics = TestMetrics()
        let exporter = try OTLPExporter.make(collector, factory: metrics)
        await exporter.whileRunning { OTLPTracer.make(exporter).finish(5) }
        #expect(exporter.counts.exported == 3)
        #expect(exporter.counts.rejected == 2)
        #expect(try metrics.expectCounter("sage_otlp_spans_total", [("result", "exported")]).totalValue == 3)
        #expect(try metrics.expectCounter("sage_otlp_spans_total", [("result", "rejected")]).totalValue == 2)
    }

    @Test(arguments: ["{}", "", "<html>", #"{"partialSuccess":{}}"#, #"{"partialSuccess":{"rejectedSpans":-1}}"#, "[]"])
    func anAnswerThatSaysNothingIsASuccess(body: String) async throws {
        let collector = Collector([.response(OTLPResponse(status: 202, body: Array(body.utf8)))])
        let exporter = try OTLPExporter.make(collector)
        await exporter.whileRunning { OTLPTracer.make(exporter).finish(5) }
        #expect(exporter.counts.exported == 5)
    }

    @Test
    func aFullQueueDropsAndTellsItOnceAMinute() async throws {
        let (collector, clock) = (Collector(), TestClock())
        let (logger, lines) = Lines.make()
        let exporter = try OTLPExporter.make(collector, clock: clock, logger: logger) {
            $0.maxQueueLength = 4
            $0.maxBatchLength = 4
        }
        let tracer = OTLPTracer.make(exporter)
        tracer.finish(10)
        #expect(exporter.queued == 4)
        #expect(exporter.counts.dropped == 6)
        #expect(lines.all == ["warning spans are lost reason=the queue is full spans=1"])
        clock.advance(by: .seconds(60))
        tracer.finish(1)
        #expect(lines.all.last == "warning spans are lost reason=the queue is full spans=6")
        await exporter.whileRunning {}
        #expect(exporter.counts.exported == 4)
    }

    @Test
    func aCollectorThatIsAwayCostsTheSpansButNothingElse() async throws {
        let collector = Collector(Array(repeating: .noAnswer, count: 5))
        let clock = TestClock()
        let (logger, lines) = Lines.make()
        let exporter = try OTLPExporter.make(collector, clock: clock, logger: logger) {
            $0.maxBatchLength = 1
            $0.interval = .seconds(3_600)
        }
        await exporter.whileRunning {
            let tracer = OTLPTracer.make(exporter)
            tracer.finish(1)
            for (attempt, wait) in zip(1..., [Duration.milliseconds(500), .seconds(1), .seconds(2), .seconds(4)]) {
                await collector.waitForRequests(attempt)
                await clock.pass(wait)
            }
            await collector.waitForRequests(5)
            // The next one is sent once the first is given up.
            tracer.finish(1)
            await collector.waitForRequests(6)
        }
        #expect(exporter.counts.failed == 1)
        #expect(exporter.counts.exported == 1)
        #expect(
            lines.all == ["warning spans are lost reason=the collector did not answer (Unreachable) spans=1"],
            "what the client says of the address is not told")
    }

    @Test
    func aHangingCollectorIsGivenUp() async throws {
        let (collector, clock) = (Collector([.never]), TestClock())
        let exporter = try OTLPExporter.make(collector, clock: clock) {
            $0.maxBatchLength = 1
            $0.interval = .seconds(3_600)
            $0.timeout = .seconds(10)
        }
        await exporter.whileRunning {
            OTLPTracer.make(exporter).finish(1)
            await collector.waitForRequests(1)
            await clock.pass(.seconds(10))
            await clock.pass(.milliseconds(500))
            await collector.waitForRequests(2)
        }
        #expect(exporter.counts.exported == 1)
    }

    @Test
    func whatIsLeftIsSentAtTheEndForAsLongAsAllowed() async throws {
        let (collector, clock) = (Collector([.never]), TestClock())
        let exporter = try OTLPExporter.make(collector, clock: clock) { $0.shutdownTimeout = .seconds(2) }
        OTLPTracer.make(exporter).finish(3)
        let running = Task { await exporter.run() }
        running.cancel()
        await collector.waitForRequests(1)
        await clock.pass(.seconds(2))
        await running.value
        #expect(exporter.counts.failed == 3)
        #expect(exporter.queued == 0)
    }

    @Test
    func anExportThatIsInterruptedByTheEndIsRepeated() async throws {
        let (collector, clock) = (Collector([.never]), TestClock())
        let exporter = try OTLPExporter.make(collector, clock: clock) { $0.maxBatchLength = 2 }
        await exporter.whileRunning {
            OTLPTracer.make(exporter).finish(3)
            await collector.waitForRequests(1)
        }
        #expect(exporter.counts.exported == 3)
        #expect(collector.requests[0].body == collector.requests[1].body)
    }

    @Test
    func manyThreadsLoseNothing() async throws {
        let collector = Collector()
        let exporter = try OTLPExporter.make(collector) { $0.maxBatchLength = 100 }
        let tracer = OTLPTracer(exporter)
        await exporter.whileRunning {
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<8 { group.addTask { tracer.finish(200) } }
            }
        }
        let ids = try collector.spans().compactMap { $0["spanId"] as? String }
        #expect(ids.count == 1_600)
        #expect(Set(ids).count == 1_600)
    }
}

extension TestClock {
    /// Moves to the end of a wait as soon as it has begun.
    ///
    /// It has to be told exactly, because the interval and the time limit of a request wait on the same clock.
    fileprivate func pass(_ wait: Duration) async {
        await waitForTimer(due: wait)
        advance(by: wait)
    }
}
