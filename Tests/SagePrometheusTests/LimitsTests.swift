import Metrics
import SagePrometheus
import Testing

struct LimitsTests {
    static let refusedValues = #"sage_metrics_refused_values_total{reason="no_series"}"#

    static func refused(_ family: String, _ reason: String) -> String {
        "sage_metrics_refused_series_total{family=\"\(family)\",reason=\"\(reason)\"}"
    }

    @Test func seriesBeyondTheLimitAreCountedAndDropped() throws {
        var configuration = PrometheusConfiguration()
        configuration.maxSeriesPerFamily = 2
        let metrics = try PrometheusMetrics(configuration)
        for user in 0..<10 {
            Counter(label: "c", dimensions: [("user", "\(user)")], factory: metrics).increment()
        }
        Counter(label: "c", dimensions: [("user", "1")], factory: metrics).increment()
        #expect(metrics.samples == [#"c_total{user="0"} 1"#, #"c_total{user="1"} 2"#])
        #expect(metrics.own(Self.refused("c", "series")) == "8")
        #expect(metrics.own(Self.refusedValues) == "8")
    }

    @Test func familiesBeyondTheLimitAreCountedAndDropped() throws {
        var configuration = PrometheusConfiguration()
        configuration.maxFamilies = 2
        let metrics = try PrometheusMetrics(configuration)
        for name in ["a", "b", "c", "d"] { Meter(label: name, factory: metrics).set(1) }
        #expect(metrics.samples == ["a 1", "b 1"])
        #expect(metrics.own(Self.refused("", "families")) == "2")
    }

    @Test func whatWasDestroyedMakesRoom() throws {
        var configuration = PrometheusConfiguration()
        configuration.maxFamilies = 1
        configuration.maxSeriesPerFamily = 1
        let metrics = try PrometheusMetrics(configuration)
        let first = Meter(label: "a", factory: metrics)
        first.destroy()
        let second = Counter(label: "a", dimensions: [("x", "1")], factory: metrics)
        second.increment()
        second.destroy()
        Counter(label: "a", dimensions: [("x", "2")], factory: metrics).increment()
        #expect(metrics.samples == [#"a_total{x="2"} 1"#])
    }

    @Test func whatIsRememberedOfRefusalsIsBounded() throws {
        var configuration = PrometheusConfiguration()
        configuration.maxFamilies = 3
        let metrics = try PrometheusMetrics(configuration)
        for number in 0..<100 {
            let meter = Meter(label: "m\(number)", factory: metrics)
            Counter(label: "m\(number)", factory: metrics).increment()
            meter.destroy()
        }
        let lines = metrics.render().text.split(separator: "\n").filter {
            $0.hasPrefix("sage_metrics_refused_series_total")
        }
        #expect(lines.count == 4)
        #expect(metrics.own(Self.refused("", "type")) == "97")
    }

    struct Clash: Sendable {
        let first: @Sendable (PrometheusMetrics) -> Void
        let second: @Sendable (PrometheusMetrics) -> Void
        let refusal: String
    }

    @Test(arguments: [
        Clash(
            first: { Counter(label: "x", factory: $0).increment() },
            second: { Meter(label: "x", factory: $0).set(9) }, refusal: refused("x", "type")),
        Clash(
            first: { Counter(label: "x", factory: $0).increment() },
            second: { Meter(label: "x_total", factory: $0).set(9) }, refusal: refused("x", "type")),
        Clash(
            first: { Recorder(label: "x", factory: $0).record(1) },
            second: { Meter(label: "x_count", factory: $0).set(9) }, refusal: refused("x", "type")),
        Clash(
            first: { Meter(label: "x_sum", factory: $0).set(1) },
            second: { Recorder(label: "x", factory: $0).record(9) }, refusal: refused("x_sum", "type")),
        Clash(
            first: { Timer(label: "x", factory: $0).recordSeconds(1) },
            second: { Meter(label: "x_seconds", factory: $0).set(9) }, refusal: refused("x_seconds", "type")),
        Clash(
            first: { Counter(label: "x", dimensions: [("a", "1")], factory: $0).increment() },
            second: { Counter(label: "x", dimensions: [("b", "1")], factory: $0).increment() },
            refusal: refused("x", "labels")),
        Clash(
            first: { Counter(label: "x", dimensions: [("a", "1")], factory: $0).increment() },
            second: { Counter(label: "x", factory: $0).increment() }, refusal: refused("x", "labels")),
        Clash(
            first: { _ in },
            second: { Meter(label: "sage_metrics_left_out_families", factory: $0).set(9) },
            refusal: refused("", "type")),
        Clash(
            first: { _ in },
            second: { Meter(label: String(repeating: "x", count: 257), factory: $0).set(9) },
            refusal: refused("", "size")),
        Clash(
            first: { _ in },
            second: { Meter(label: "m", dimensions: (0..<17).map { ("l\($0)", "") }, factory: $0).set(9) },
            refusal: refused("", "size")),
    ])
    func whatDoesNotFitIsRefusedWithoutHarm(_ clash: Clash) {
        let metrics = PrometheusMetrics()
        clash.first(metrics)
        let before = metrics.samples
        clash.second(metrics)
        #expect(metrics.samples == before)
        #expect(metrics.own(clash.refusal) == "1")
        #expect(metrics.own(Self.refusedValues) == "1")
    }

    @Test func labelNamesMayDifferWhenAllowed() throws {
        var configuration = PrometheusConfiguration()
        configuration.allowsDifferingLabels = true
        let metrics = try PrometheusMetrics(configuration)
        Counter(label: "x", dimensions: [("a", "1")], factory: metrics).increment()
        Counter(label: "x", factory: metrics).increment()
        #expect(metrics.samples == ["x_total 1", #"x_total{a="1"} 1"#])
    }

    @Test(arguments: ExpositionFormat.allCases)
    func aPageIsNeverLongerThanAllowed(_ format: ExpositionFormat) throws {
        var configuration = PrometheusConfiguration()
        configuration.maxPageLength = 65_536
        configuration.maxFamilies = 2_000
        let metrics = try PrometheusMetrics(configuration)
        for number in 0..<2_000 {
            Meter(label: "meter.number.\(number)", factory: metrics).set(number)
            Counter(label: "meter.number.\(number)", factory: metrics).increment()
        }
        let text = metrics.render(format).text
        #expect(text.utf8.count <= 65_536)
        #expect(text.utf8.count > 32_768)
        let page = try ReferenceParser.parse(text, format)
        let shown = page.families.keys.count { $0.hasPrefix("meter_") }
        #expect(page.value("sage_metrics_left_out_families") == Double(2_000 - shown))
        #expect(shown > 0)
    }

    @Test(arguments: ExpositionFormat.allCases)
    func refusalsDoNotMakeAPageTooLong(_ format: ExpositionFormat) throws {
        var configuration = PrometheusConfiguration()
        configuration.maxPageLength = 65_536
        let metrics = try PrometheusMetrics(configuration)
        for number in 100..<500 {
            let name = String(repeating: "x", count: 240) + "\(number)"
            Meter(label: name, factory: metrics).set(1)
            Counter(label: name, factory: metrics).increment()
        }
        let text = metrics.render(format).text
        #expect(text.utf8.count <= 65_536)
        let page = try ReferenceParser.parse(text, format)
        let refusals = page.families.first { $0.key.hasPrefix("sage_metrics_refused_series") }
        #expect((20..<400).contains(refusals?.value.samples.count ?? 0))
    }

    @Test func aLongPageComesInPieces() throws {
        let metrics = PrometheusMetrics()
        for number in 0..<900 {
            for label in 0..<4 {
                Meter(label: "meter.\(number)", dimensions: [("label", "\(label)")], factory: metrics).set(number)
            }
        }
        var pieces: [String] = []
        metrics.render(.openMetrics) { pieces.append($0) }
        #expect(pieces.count > 1)
        #expect(pieces.allSatisfy { $0.utf8.count < 2 * 65_536 && $0.hasSuffix("\n") })
        #expect(pieces.joined() == metrics.render(.openMetrics).text)
    }

    @Test func aWriterThatFailsEndsThePage() {
        struct Closed: Error {}
        #expect(throws: Closed.self) {
            try PrometheusMetrics().render(.prometheusText) { _ throws(Closed) in throw Closed() }
        }
    }

    @Test(
        arguments: [
            ("maxFamilies", \PrometheusConfiguration.maxFamilies, 0),
            ("maxSeriesPerFamily", \PrometheusConfiguration.maxSeriesPerFamily, 0),
            ("maxLabels", \PrometheusConfiguration.maxLabels, 65),
            ("maxLabels", \PrometheusConfiguration.maxLabels, -1),
            ("maxLabelValueLength", \PrometheusConfiguration.maxLabelValueLength, 15),
            ("maxPageLength", \PrometheusConfiguration.maxPageLength, 65_535),
        ] as [(String, any WritableKeyPath<PrometheusConfiguration, Int> & Sendable, Int)])
    func limitsOutOfRangeAreNamed(
        _ field: String, _ path: any WritableKeyPath<PrometheusConfiguration, Int> & Sendable, _ value: Int
    ) throws {
        var configuration = PrometheusConfiguration()
        configuration[keyPath: path] = value
        let error = try #require(throws: PrometheusConfigurationError.self) { try PrometheusMetrics(configuration) }
        #expect((error.field, error.value) == (field, "\(value)"))
        #expect(error.description.hasPrefix("\(field) is \(value); allowed is "))
    }
}
