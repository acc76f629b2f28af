import Metrics
import SagePrometheus
import Testing

struct GoldenPageTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let fill: @Sendable (PrometheusMetrics) -> Void
        let text: [String]
        let openMetrics: [String]
    }

    static let cases = [
        Case(
            testDescription: "a counter",
            fill: { Counter(label: "orders", dimensions: [("kind", "book")], factory: $0).increment(by: 3) },
            text: [
                "# HELP orders_total The counter orders.", "# TYPE orders_total counter",
                #"orders_total{kind="book"} 3"#,
            ],
            openMetrics: [
                "# HELP orders The counter orders.", "# TYPE orders counter", #"orders_total{kind="book"} 3"#, "# EOF",
            ]),
        Case(
            testDescription: "a counter that has its suffix already, with fractions",
            fill: {
                let counter = FloatingPointCounter(label: "energy.joules.total", factory: $0)
                counter.increment(by: 0.25)
                counter.increment(by: 1.5)
            },
            text: [
                "# HELP energy_joules_total The counter energy.joules.total.", "# TYPE energy_joules_total counter",
                "energy_joules_total 1.75",
            ],
            openMetrics: [
                "# HELP energy_joules The counter energy.joules.total.", "# TYPE energy_joules counter",
                "energy_joules_total 1.75", "# EOF",
            ]),
        Case(
            testDescription: "both kinds of counters of one name",
            fill: {
                Counter(label: "work", factory: $0).increment(by: 2)
                FloatingPointCounter(label: "work", factory: $0).increment(by: 0.5)
            },
            text: ["# HELP work_total The counter work.", "# TYPE work_total counter", "work_total 2.5"],
            openMetrics: ["# HELP work The counter work.", "# TYPE work counter", "work_total 2.5", "# EOF"]),
        Case(
            testDescription: "gauges, in the order of their names and labels",
            fill: {
                Meter(label: "queue.length", dimensions: [("queue", "b")], factory: $0).set(-2)
                Meter(label: "queue.length", dimensions: [("queue", "a")], factory: $0).increment(by: 1.5)
                Gauge(label: "heat", factory: $0).record(Double.nan)
            },
            text: [
                "# HELP heat The gauge heat.", "# TYPE heat gauge", "heat NaN",
                "# HELP queue_length The gauge queue.length.", "# TYPE queue_length gauge",
                #"queue_length{queue="a"} 1.5"#, #"queue_length{queue="b"} -2"#,
            ],
            openMetrics: [
                "# HELP heat The gauge heat.", "# TYPE heat gauge", "heat NaN",
                "# HELP queue_length The gauge queue.length.", "# TYPE queue_length gauge",
                #"queue_length{queue="a"} 1.5"#, #"queue_length{queue="b"} -2"#, "# EOF",
            ]),
        Case(
            testDescription: "a timer",
            fill: {
                let timer = Timer(label: "call.duration", dimensions: [("to", "db")], factory: $0)
                timer.recordMilliseconds(5)
                timer.recordMilliseconds(20)
                timer.recordSeconds(3)
            },
            text: [
                "# HELP call_duration_seconds The histogram call.duration.", "# TYPE call_duration_seconds histogram",
                #"call_duration_seconds_bucket{to="db",le="0.005"} 1"#,
                #"call_duration_seconds_bucket{to="db",le="1.0"} 2"#,
                #"call_duration_seconds_bucket{to="db",le="+Inf"} 3"#, #"call_duration_seconds_sum{to="db"} 3.025"#,
                #"call_duration_seconds_count{to="db"} 3"#,
            ],
            openMetrics: [
                "# HELP call_duration_seconds The histogram call.duration.", "# TYPE call_duration_seconds histogram",
                "# UNIT call_duration_seconds seconds",
                #"call_duration_seconds_bucket{to="db",le="0.005"} 1"#,
                #"call_duration_seconds_bucket{to="db",le="1.0"} 2"#,
                #"call_duration_seconds_bucket{to="db",le="+Inf"} 3"#, #"call_duration_seconds_sum{to="db"} 3.025"#,
                #"call_duration_seconds_count{to="db"} 3"#, "# EOF",
            ]),
        Case(
            testDescription: "a recorder without labels",
            fill: { Recorder(label: "answer.size.bytes", factory: $0).record(100) },
            text: [
                "# HELP answer_size_bytes The histogram answer.size.bytes.", "# TYPE answer_size_bytes histogram",
                #"answer_size_bytes_bucket{le="0.005"} 0"#, #"answer_size_bytes_bucket{le="1.0"} 0"#,
                #"answer_size_bytes_bucket{le="+Inf"} 1"#, "answer_size_bytes_sum 100", "answer_size_bytes_count 1",
            ],
            openMetrics: [
                "# HELP answer_size_bytes The histogram answer.size.bytes.", "# TYPE answer_size_bytes histogram",
                "# UNIT answer_size_bytes bytes",
                #"answer_size_bytes_bucket{le="0.005"} 0"#, #"answer_size_bytes_bucket{le="1.0"} 0"#,
                #"answer_size_bytes_bucket{le="+Inf"} 1"#, "answer_size_bytes_sum 100", "answer_size_bytes_count 1",
                "# EOF",
            ]),
        Case(
            testDescription: "what must be escaped",
            fill: {
                Counter(label: "said", dimensions: [("text", "\"a\\b\"\nc\r\n\u{1F9C2}")], factory: $0).increment()
            },
            text: [
                #"# HELP said_total "Words"\nand \\ more."#, "# TYPE said_total counter",
                #"said_total{text="\"a\\b\"\nc"# + "\r" + #"\n🧂"} 1"#,
            ],
            openMetrics: [
                #"# HELP said \"Words\"\nand \\ more."#, "# TYPE said counter",
                #"said_total{text="\"a\\b\"\nc"# + "\r" + #"\n🧂"} 1"#, "# EOF",
            ]),
        Case(testDescription: "nothing", fill: { _ in }, text: [], openMetrics: ["# EOF"]),
    ]

    static func metrics() throws -> PrometheusMetrics {
        var configuration = PrometheusConfiguration()
        configuration.setBuckets(try HistogramBuckets([0.005, 1]), forPrefix: "")
        configuration.setHelp("\"Words\"\nand \\ more.", for: "said")
        return try PrometheusMetrics(configuration)
    }

    @Test(arguments: cases)
    func isWrittenInTheTextFormat(_ example: Case) throws {
        let metrics = try Self.metrics()
        example.fill(metrics)
        #expect(metrics.lines(.prometheusText) == example.text)
    }

    @Test(arguments: cases)
    func isWrittenInOpenMetrics(_ example: Case) throws {
        let metrics = try Self.metrics()
        example.fill(metrics)
        #expect(metrics.lines(.openMetrics) == example.openMetrics)
    }

    @Test(arguments: ExpositionFormat.allCases)
    func theLastLineEnds(_ format: ExpositionFormat) {
        let text = PrometheusMetrics().render(format).text
        #expect(text.hasSuffix("\n"))
        #expect(text.hasSuffix("# EOF\n") == (format == .openMetrics))
    }
}
