import Metrics
import SagePrometheus
import Testing

struct NamesTests {
    @Test(arguments: [
        ("orders", "orders"), ("http.server.requests", "http_server_requests"), ("vllm:running", "vllm:running"),
        ("2xx", "_2xx"), ("größe", "gr__e"), ("", "_"), ("a b\n{c}\"d\"", "a_b__c__d_"), ("_x", "_x"),
    ])
    func metricsGetLegalNames(_ name: String, _ legal: String) {
        let metrics = PrometheusMetrics()
        Meter(label: name, factory: metrics).set(1)
        #expect(metrics.samples == ["\(legal) 1"])
    }

    @Test(arguments: [
        ("orders", "orders_total"), ("orders.total", "orders_total"), ("orders_total", "orders_total"),
        ("total", "total_total"), ("_total", "_total_total"),
    ])
    func countersEndWithTotalOnce(_ name: String, _ written: String) {
        let metrics = PrometheusMetrics()
        Counter(label: name, factory: metrics).increment()
        #expect(metrics.samples == ["\(written) 1"])
    }

    @Test(arguments: [
        ("call", "call_seconds"), ("call.seconds", "call_seconds"), ("call_ms", "call_seconds"),
        ("call.nanoseconds", "call_seconds"), ("call.duration.milliseconds", "call_duration_seconds"),
        ("ms", "ms_seconds"), ("_ms", "_ms_seconds"), ("forms", "forms_seconds"),
    ])
    func timersEndWithSecondsOnce(_ name: String, _ written: String) {
        let metrics = PrometheusMetrics()
        Timer(label: name, factory: metrics).recordNanoseconds(1_500_000_000)
        #expect(metrics.samples.suffix(2) == ["\(written)_sum 1.5", "\(written)_count 1"])
    }

    struct LabelsCase: Sendable {
        let dimensions: [(String, String)]
        let written: String
    }

    @Test(arguments: [
        LabelsCase(dimensions: [("b", "1"), ("a", "2")], written: #"a="2",b="1""#),
        LabelsCase(dimensions: [("http.method", "GET")], written: #"http_method="GET""#),
        LabelsCase(dimensions: [("le", "1")], written: #"exported_le="1""#),
        LabelsCase(dimensions: [("quantile", "1")], written: #"exported_quantile="1""#),
        LabelsCase(dimensions: [("__name__", "x")], written: #"exported___name__="x""#),
        LabelsCase(dimensions: [("a:b", "x")], written: #"a_b="x""#),
        LabelsCase(dimensions: [("1", "x")], written: #"_1="x""#),
        LabelsCase(dimensions: [("", "x")], written: #"_="x""#),
        LabelsCase(dimensions: [("a.b", "1"), ("a-b", "2")], written: #"a_b="1;2""#),
        LabelsCase(dimensions: [("a", "1"), ("a", "1")], written: #"a="1;1""#),
        LabelsCase(dimensions: [("a", "")], written: #"a="""#),
    ])
    func labelsAreLegalSortedAndUnique(_ example: LabelsCase) {
        let metrics = PrometheusMetrics()
        Meter(label: "m", dimensions: example.dimensions, factory: metrics).set(1)
        #expect(metrics.samples == ["m{\(example.written)} 1"])
    }

    @Test func theOrderOfLabelsDoesNotMatter() {
        let metrics = PrometheusMetrics()
        Counter(label: "c", dimensions: [("a", "1"), ("b", "2")], factory: metrics).increment()
        Counter(label: "c", dimensions: [("b", "2"), ("a", "1")], factory: metrics).increment()
        #expect(metrics.samples == [#"c_total{a="1",b="2"} 2"#])
    }

    @Test func labelsAreToldApartByTheirBytes() {
        let metrics = PrometheusMetrics()
        Counter(label: "c", dimensions: [("a", "\u{E9}")], factory: metrics).increment()
        Counter(label: "c", dimensions: [("a", "e\u{301}")], factory: metrics).increment()
        #expect(metrics.samples.count == 2)
    }

    @Test(arguments: [("x", 300), ("ä", 300), ("\u{1F9C2}", 80), ("e\u{301}", 100)])
    func longValuesAreCutBetweenCharacters(_ piece: String, _ times: Int) throws {
        let metrics = PrometheusMetrics()
        let value = String(repeating: piece, count: times)
        Meter(label: "m", dimensions: [("a", value)], factory: metrics).set(1)
        let line = try #require(metrics.samples.first)
        let written = line.dropFirst(#"m{a=""#.count).dropLast(#""} 1"#.count)
        #expect(value.utf8.starts(with: written.utf8))
        #expect((254...256).contains(written.utf8.count))
    }
}
