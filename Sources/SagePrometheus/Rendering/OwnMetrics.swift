/// What the backend says of itself: what it refused and left out.
enum OwnMetrics {
    private static let series = "sage_metrics_refused_series"
    private static let values = "sage_metrics_refused_values"
    private static let leftOut = "sage_metrics_left_out_families"

    /// The names that no family of the program may have.
    static let names =
        MetricType.counter.names(of: series) + MetricType.counter.names(of: values)
        + MetricType.gauge.names(of: leftOut)

    static func write(
        to page: inout PageText, refusals: [FamilyTable.RefusalKey: UInt64], values refused: RefusedValues,
        leftOut families: Int, isRoomLeft: (PageText) -> Bool
    ) {
        page.describe(
            leftOut, .gauge, help: "Families that are not on this page because it would be longer than allowed.")
        page.sample(leftOut, labels: "", "\(families)")
        page.describe(values, .counter, help: "Values that were not taken, by reason.")
        for reason in RefusedValues.Reason.allCases.sorted(by: { $0.rawValue < $1.rawValue }) {
            page.sample("\(values)_total", labels: "reason=\"\(reason.rawValue)\"", "\(refused.count(reason))")
        }
        guard !refusals.isEmpty else { return }
        page.describe(
            series, .counter,
            help: "Requests for a series that were refused, by family and reason; no family when it was refused itself."
        )
        let ordered = refusals.sorted {
            ($0.key.family, $0.key.reason.rawValue) < ($1.key.family, $1.key.reason.rawValue)
        }
        for (key, count) in ordered where isRoomLeft(page) {
            let labels = "family=\"\(Escaping.labelValue(key.family))\",reason=\"\(key.reason.rawValue)\""
            page.sample("\(series)_total", labels: labels, "\(count)")
        }
    }
}
