import SagePrometheus
import Testing

struct NegotiationTests {
    @Test(
        arguments: [
            (nil, .prometheusText), ("", .prometheusText), ("*/*", .prometheusText), ("text/html", .prometheusText),
            ("text/plain;version=0.0.4", .prometheusText), ("application/openmetrics-text", .openMetrics),
            ("application/openmetrics-text; version=1.0.0", .openMetrics),
            ("Application/OpenMetrics-Text; Version=\"1.0.0\"", .openMetrics),
            ("application/openmetrics-text;version=2.0.0", .prometheusText),
            ("application/openmetrics-text;q=0", .prometheusText),
            ("application/openmetrics-text;q=0.4,text/plain;q=0.5", .prometheusText),
            ("application/openmetrics-text;q=0.5,text/plain;q=0.5", .openMetrics),
            ("application/openmetrics-text;q=x,text/plain", .prometheusText),
            (";;;,,,q=", .prometheusText),
            // What Prometheus 2 and Prometheus 3 send.
            (
                "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
                    + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1", .openMetrics
            ),
            (
                "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
                    + "application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,"
                    + "text/plain;version=0.0.4;q=0.2,*/*;q=0.1", .openMetrics
            ),
        ] as [(String?, ExpositionFormat)])
    func theFormatIsThatOfTheHighestQuality(_ accept: String?, _ format: ExpositionFormat) {
        let page = PrometheusMetrics().render(accepting: accept)
        #expect(page.format == format)
        #expect(page.text.hasSuffix("# EOF\n") == (format == .openMetrics))
    }

    @Test func theContentTypesAreThoseOfTheSpecifications() {
        #expect(ExpositionFormat.prometheusText.contentType == "text/plain; version=0.0.4; charset=utf-8")
        #expect(
            ExpositionFormat.openMetrics.contentType == "application/openmetrics-text; version=1.0.0; charset=utf-8")
    }

    @Test func aHugeHeaderIsNotRead() {
        let accept = String(repeating: "a/b,", count: 100_000) + "application/openmetrics-text"
        #expect(ExpositionFormat(accepting: accept) == .prometheusText)
    }
}
