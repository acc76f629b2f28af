import Metrics
import SagePrometheus
import Testing

struct LifetimeTests {
    @Test func theSameNameAndLabelsAreTheSameSeries() {
        let metrics = PrometheusMetrics()
        for _ in 0..<3 { Counter(label: "c", factory: metrics).increment() }
        #expect(metrics.samples == ["c_total 3"])
    }

    @Test func whatIsDestroyedLeavesThePage() {
        let metrics = PrometheusMetrics()
        let counter = Counter(label: "c", factory: metrics)
        let floating = FloatingPointCounter(label: "f", factory: metrics)
        let meter = Meter(label: "m", factory: metrics)
        let recorder = Recorder(label: "r", factory: metrics)
        let timer = Timer(label: "t", factory: metrics)
        let gauge = Gauge(label: "g", factory: metrics)
        #expect(!metrics.samples.isEmpty)
        counter.destroy()
        floating.destroy()
        meter.destroy()
        recorder.destroy()
        timer.destroy()
        gauge.destroy()
        #expect(metrics.lines().isEmpty)
        // Nothing happens to a program that still writes.
        counter.increment()
        timer.recordSeconds(1)
        #expect(metrics.lines().isEmpty)
    }

    @Test func aSeriesOfBeforeDoesNotTakeItsSuccessorAway() {
        let metrics = PrometheusMetrics()
        let old = Counter(label: "c", factory: metrics)
        old.destroy()
        Counter(label: "c", factory: metrics).increment()
        old.destroy()
        #expect(metrics.samples == ["c_total 1"])
    }

    @Test func destroyingWhatWasRefusedDoesNothing() {
        let metrics = PrometheusMetrics()
        Meter(label: "x", factory: metrics).set(1)
        let refused = Counter(label: "x", factory: metrics)
        refused.destroy()
        NOOPMetricsHandler.instance.increment(by: Int64(1))
        metrics.destroyCounter(NOOPMetricsHandler.instance)
        #expect(metrics.samples == ["x 1"])
    }

    @Test func aCounterThatIsResetBeginsAgain() {
        let metrics = PrometheusMetrics()
        let counter = FloatingPointCounter(label: "c", factory: metrics)
        counter.increment(by: 2.5)
        counter.reset()
        counter.increment(by: 1)
        #expect(metrics.samples == ["c_total 1"])
    }

    @Test func hooksRunBeforeAPageInTheOrderOfTheirNames() {
        let metrics = PrometheusMetrics()
        let meter = Meter(label: "m", factory: metrics)
        metrics.onScrape("b") { meter.increment(by: 1) }
        metrics.onScrape("a") { meter.set(10) }
        #expect(metrics.samples == ["m 11"])
        // Replaced, and able to make series of its own.
        metrics.onScrape("b") { [unowned metrics] in Meter(label: "new", factory: metrics).set(3) }
        #expect(metrics.samples == ["m 10", "new 3"])
        #expect(metrics.removeHook("a"))
        #expect(!metrics.removeHook("a"))
        meter.set(4)
        #expect(metrics.samples == ["m 4", "new 3"])
    }

    @Test func anInfoIsAGaugeOfOne() {
        let metrics = PrometheusMetrics()
        metrics.setInfo("sage_build_info", ["version": "1.2.3", "swift": "6.3"])
        #expect(metrics.samples == [#"sage_build_info{swift="6.3",version="1.2.3"} 1"#])
    }

    @Test func helpIsFoundUnderEveryNameOfAMetric() throws {
        for name in ["call.count", "call_count", "call_count_total"] {
            var configuration = PrometheusConfiguration()
            configuration.setHelp("Calls.", for: name)
            let metrics = try PrometheusMetrics(configuration)
            Counter(label: "call.count", factory: metrics).increment()
            #expect(metrics.lines().first == "# HELP call_count_total Calls.")
        }
    }
}
