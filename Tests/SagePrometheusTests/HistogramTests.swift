import Metrics
import SagePrometheus
import Testing

struct HistogramTests {
    @Test(
        arguments: [
            (0.5, [1, 1, 1, 1]), (1, [1, 1, 1, 1]), (1.0000001, [0, 1, 1, 1]), (2, [0, 1, 1, 1]), (4, [0, 0, 1, 1]),
            (4.1, [0, 0, 0, 1]), (-3, [1, 1, 1, 1]),
        ] as [(Double, [Int])])
    func aValueIsCountedUpToItsBound(_ value: Double, _ counts: [Int]) throws {
        var configuration = PrometheusConfiguration()
        configuration.setBuckets(try HistogramBuckets([1, 2, 4]), for: "h")
        let metrics = try PrometheusMetrics(configuration)
        Recorder(label: "h", factory: metrics).record(value)
        #expect(metrics.samples.prefix(4).map { Int($0.split(separator: " ")[1]) } == counts)
    }

    @Test(arguments: HistogramBuckets.latencies.upperBounds)
    func aDurationIsNotAboveTheBoundThatItEquals(_ bound: Double) {
        let metrics = PrometheusMetrics()
        Timer(label: "t", factory: metrics).recordNanoseconds(Int64((bound * 1e9).rounded()))
        #expect(metrics.samples.contains("t_seconds_bucket{le=\"\(bound)\"} 1"))
        let lower = HistogramBuckets.latencies.upperBounds.last { $0 < bound }
        #expect(lower.map { metrics.samples.contains("t_seconds_bucket{le=\"\($0)\"} 0") } ?? true)
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity])
    func whatIsNotANumberIsNotObserved(_ value: Double) {
        let metrics = PrometheusMetrics()
        Recorder(label: "h", factory: metrics).record(value)
        #expect(metrics.samples.suffix(2) == ["h_sum 0", "h_count 0"])
        #expect(metrics.own(#"sage_metrics_refused_values_total{reason="invalid"}"#) == "1")
    }

    @Test func aNegativeDurationIsNotObserved() {
        let metrics = PrometheusMetrics()
        Timer(label: "t", factory: metrics).recordNanoseconds(-1)
        #expect(metrics.samples.suffix(1) == ["t_seconds_count 0"])
    }

    /// The first bounds are told by where a histogram that was just made has its first two buckets.
    @Test(
        arguments: [
            ("exact.name", [1.0, 2]), ("exact_name", [1.0, 2]),
            ("exact.name.more", HistogramBuckets.counts.upperBounds),
            ("llm.any", [3.0]), ("llm.first.any", [4.0]), ("share_ratio", HistogramBuckets.ratios.upperBounds),
            ("page_bytes", HistogramBuckets.sizes.upperBounds),
            ("wait_seconds", HistogramBuckets.latencies.upperBounds),
            ("other", HistogramBuckets.counts.upperBounds),
        ] as [(String, [Double])])
    func bucketsAreChosenByNameThenPrefixThenUnit(_ name: String, _ bounds: [Double]) throws {
        var configuration = PrometheusConfiguration()
        configuration.setBuckets(try HistogramBuckets([1, 2]), for: "exact.name")
        configuration.setBuckets(try HistogramBuckets([3]), forPrefix: "llm.")
        configuration.setBuckets(try HistogramBuckets([4]), forPrefix: "llm_first")
        let metrics = try PrometheusMetrics(configuration)
        _ = Recorder(label: name, factory: metrics)
        let written = metrics.samples.compactMap { line in
            line.split(separator: "le=\"").dropFirst().first.flatMap { Double($0.prefix { $0 != "\"" }) }
        }
        #expect(written == bounds + [.infinity])
    }

    @Test(arguments: ["call.duration", "call_duration_seconds"])
    func theBucketsOfATimerAreFoundUnderBothOfItsNames(_ name: String) throws {
        var configuration = PrometheusConfiguration()
        configuration.setBuckets(try HistogramBuckets([7]), for: name)
        let metrics = try PrometheusMetrics(configuration)
        _ = Timer(label: "call.duration", factory: metrics)
        #expect(metrics.samples.first == #"call_duration_seconds_bucket{le="7.0"} 0"#)
    }

    @Test(arguments: [
        [], [1, 1], [2, 1], [.nan], [.infinity], [1, .infinity], (0...200).map { Double($0) },
    ])
    func boundsThatDoNotRiseAreRefused(_ bounds: [Double]) {
        #expect(throws: PrometheusConfigurationError.self) { try HistogramBuckets(bounds) }
    }

    @Test func seriesOfBoundsAreMade() throws {
        #expect(try HistogramBuckets.linear(from: 10, step: 5, count: 3).upperBounds == [10, 15, 20])
        #expect(try HistogramBuckets.exponential(from: 1, factor: 4, count: 3).upperBounds == [1, 4, 16])
        #expect(throws: PrometheusConfigurationError.self) { try HistogramBuckets.linear(from: 1, step: 0, count: 2) }
        #expect(throws: PrometheusConfigurationError.self) {
            try HistogramBuckets.exponential(from: 0, factor: 2, count: 2)
        }
        #expect(throws: PrometheusConfigurationError.self) {
            try HistogramBuckets.linear(from: 1, step: 1, count: 1_000_000_000)
        }
    }

    @Test(arguments: [
        HistogramBuckets.latencies, .longLatencies, .overheads, .sizes, .counts, .ratios,
    ])
    func thePresetsWouldBeTaken(_ buckets: HistogramBuckets) throws {
        #expect(try HistogramBuckets(buckets.upperBounds) == buckets)
    }
}
