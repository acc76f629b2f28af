/// How many series there may be, how histograms are divided and what the metrics are called on the page.
///
/// Names may be given as in swift-metrics (`http.server.request.duration`) or as on the page
/// (`http_server_request_duration_seconds`).
public struct PrometheusConfiguration: Sendable, Hashable {
    /// The most families, that is, different names.
    ///
    /// 1 or more; defaults to 1,000.
    public var maxFamilies = 1_000
    /// The most series of one family, that is, different values of its labels.
    ///
    /// 1 or more; defaults to 1,000. Each of a histogram's is as many on the server as there are buckets, and three
    /// more.
    public var maxSeriesPerFamily = 1_000
    /// The most labels of a series.
    ///
    /// 0 to 64; defaults to 16.
    public var maxLabels = 16
    /// The most bytes of a label's value; longer ones are cut.
    ///
    /// 16 or more; defaults to 256.
    public var maxLabelValueLength = 256
    /// The most bytes of a page; families that no longer fit are left out and counted.
    ///
    /// 65,536 or more; defaults to 16 MiB.
    public var maxPageLength = 16 * 1024 * 1024
    /// Whether series of one family may have different label names.
    ///
    /// Defaults to false: they are refused.
    public var allowsDifferingLabels = false
    /// The buckets of histograms for which none were chosen and whose name does not tell of their unit.
    ///
    /// Names that end with `_seconds`, `_bytes` and `_ratio` tell of it. Defaults to ``HistogramBuckets/counts``.
    public var defaultBuckets = HistogramBuckets.counts

    private var bucketsByName: [String: HistogramBuckets] = [:]
    private var bucketsByPrefix: [String: HistogramBuckets] = [:]
    private var helpByName: [String: String] = [:]

    /// Creates the default configuration.
    public init() {}

    /// Chooses the buckets of one histogram.
    ///
    /// - Parameters:
    ///   - buckets: Its buckets.
    ///   - name: Its whole name.
    public mutating func setBuckets(_ buckets: HistogramBuckets, for name: String) {
        bucketsByName[MetricName.sanitized(name)] = buckets
    }

    /// Chooses the buckets of all histograms whose name begins with a prefix; of several prefixes the longest holds.
    ///
    /// - Parameters:
    ///   - buckets: Their buckets.
    ///   - prefix: How their names begin; an empty one is that of all.
    public mutating func setBuckets(_ buckets: HistogramBuckets, forPrefix prefix: String) {
        bucketsByPrefix[prefix.isEmpty ? "" : MetricName.sanitized(prefix)] = buckets
    }

    /// Describes a metric.
    ///
    /// - Parameters:
    ///   - help: What it counts or measures, as one sentence.
    ///   - name: Its whole name.
    public mutating func setHelp(_ help: String, for name: String) {
        helpByName[MetricName.sanitized(name)] = help
    }

    /// The buckets of a histogram: those of its name, of its longest prefix, of its unit, or the default.
    func buckets(label: String, family: String) -> HistogramBuckets {
        let names = [family, MetricName.sanitized(label)]
        for name in names {
            if let buckets = bucketsByName[name] { return buckets }
        }
        let prefix = bucketsByPrefix.keys
            .filter { prefix in names.contains { $0.hasPrefix(prefix) } }
            .max { $0.utf8.count < $1.utf8.count }
        if let prefix, let buckets = bucketsByPrefix[prefix] { return buckets }
        if family.hasSuffix("_seconds") { return .latencies }
        if family.hasSuffix("_bytes") { return .sizes }
        if family.hasSuffix("_ratio") { return .ratios }
        return defaultBuckets
    }

    /// What describes a family.
    func help(_ family: Family) -> String {
        let names = [family.name, MetricName.sanitized(family.label), "\(family.name)_total"]
        return names.lazy.compactMap { helpByName[$0] }.first ?? "The \(family.type) \(family.label)."
    }

    func validate() throws(PrometheusConfigurationError) {
        try Self.check("maxFamilies", maxFamilies, 1...Int.max)
        try Self.check("maxSeriesPerFamily", maxSeriesPerFamily, 1...Int.max)
        try Self.check("maxLabels", maxLabels, 0...64)
        try Self.check("maxLabelValueLength", maxLabelValueLength, 16...Int.max)
        try Self.check("maxPageLength", maxPageLength, 65_536...Int.max)
    }

    private static func check(
        _ field: String, _ value: Int, _ range: ClosedRange<Int>
    ) throws(PrometheusConfigurationError) {
        guard range.contains(value) else {
            let allowed =
                range.upperBound == .max
                ? "\(range.lowerBound) or more" : "\(range.lowerBound) to \(range.upperBound)"
            throw PrometheusConfigurationError(field: field, value: value, allowed: allowed)
        }
    }
}
