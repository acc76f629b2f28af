/// Lines of a page in one of the formats.
struct PageText {
    let format: ExpositionFormat
    private(set) var text = ""

    init(_ format: ExpositionFormat) {
        self.format = format
    }

    var length: Int { text.utf8.count }

    mutating func describe(_ family: String, _ type: MetricType, help: String) {
        // OpenMetrics names a counter's family without the suffix of its samples, the older format with it.
        let name = type == .counter && format == .prometheusText ? "\(family)_total" : family
        line("# HELP ", name, " ", Escaping.help(help, format))
        line("# TYPE ", name, " ", type.rawValue)
        guard format == .openMetrics else { return }
        for unit in ["seconds", "bytes"] where name.hasSuffix("_\(unit)") { line("# UNIT ", name, " ", unit) }
    }

    mutating func sample(_ name: String, labels: String, _ value: String) {
        if labels.isEmpty {
            line(name, " ", value)
        } else {
            line(name, "{", labels, "} ", value)
        }
    }

    mutating func family(_ family: Family, help: String) {
        describe(family.name, family.type, help: help)
        for series in family.series {
            switch series {
            case .counter(let series):
                sample("\(family.name)_total", labels: series.labels.text, series.text)
            case .gauge(let series):
                sample(family.name, labels: series.labels.text, NumberText.text(of: series.value))
            case .histogram(let series):
                histogram(series, family)
            }
        }
    }

    mutating func append(_ other: PageText) {
        text += other.text
    }

    mutating func end() {
        if format == .openMetrics { line("# EOF") }
    }

    private mutating func histogram(_ series: HistogramSeries, _ family: Family) {
        let (cumulative, sum) = series.reading
        let labels = series.labels.text
        let prefix = labels.isEmpty ? "" : "\(labels),"
        let bounds = family.buckets.upperBounds.map(NumberText.bound) + ["+Inf"]
        for (bound, count) in zip(bounds, cumulative) {
            sample("\(family.name)_bucket", labels: "\(prefix)le=\"\(bound)\"", "\(count)")
        }
        sample("\(family.name)_sum", labels: labels, NumberText.text(of: sum))
        sample("\(family.name)_count", labels: labels, "\(cumulative.last ?? 0)")
    }

    private mutating func line(_ parts: String...) {
        for part in parts { text += part }
        text += "\n"
    }
}
