import Metrics
import SagePrometheus
import Testing

struct NumberTests {
    static func written(_ value: Double) -> String {
        let metrics = PrometheusMetrics()
        Meter(label: "m", factory: metrics).set(value)
        return String(metrics.samples.first?.dropFirst(2) ?? "")
    }

    @Test(arguments: [
        (0, "0"), (-0.0, "-0"), (1, "1"), (-17, "-17"), (0.1, "0.1"), (1.5e300, "1.5e+300"),
        (.leastNonzeroMagnitude, "5e-324"),
        (9_007_199_254_740_992, "9007199254740992"), (1e21, "1e+21"), (.infinity, "+Inf"), (-.infinity, "-Inf"),
        (.nan, "NaN"), (-.nan, "NaN"), (.signalingNaN, "NaN"),
    ])
    func isWrittenAsPrometheusReadsIt(_ value: Double, _ text: String) {
        #expect(Self.written(value) == text)
    }

    @Test func everyNumberIsReadBackToTheLastBit() throws {
        var random = SeededGenerator(seed: 4)
        for _ in 0..<2_000 {
            let value = Double(bitPattern: random.next())
            let read = try #require(ReferenceParser.number(Self.written(value)))
            #expect(read.bitPattern == value.bitPattern || (read.isNaN && value.isNaN))
        }
    }

    @Test func largeCountersKeepEveryDigit() {
        let metrics = PrometheusMetrics()
        let counter = Counter(label: "c", factory: metrics)
        counter.increment(by: Int64.max)
        counter.increment(by: 12)
        #expect(metrics.samples == ["c_total 9223372036854775819"])
    }

    @Test(arguments: [-1.0, .nan, .infinity, -.infinity])
    func aCounterTakesOnlyWhatCanBeAdded(_ amount: Double) {
        let metrics = PrometheusMetrics()
        // The front end of swift-metrics may itself refuse some of these.
        let handler = metrics.makeFloatingPointCounter(label: "c", dimensions: [])
        handler.increment(by: 1.5)
        handler.increment(by: amount)
        #expect(metrics.samples == ["c_total 1.5"])
        #expect(metrics.own(#"sage_metrics_refused_values_total{reason="invalid"}"#) == "1")
    }

    @Test func aCounterDoesNotCountBackwards() {
        let metrics = PrometheusMetrics()
        let counter = Counter(label: "c", factory: metrics)
        counter.increment(by: 5)
        counter.increment(by: -2)
        #expect(metrics.samples == ["c_total 5"])
        #expect(metrics.own(#"sage_metrics_refused_values_total{reason="invalid"}"#) == "1")
    }
}
