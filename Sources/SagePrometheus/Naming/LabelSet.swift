/// The labels of a series: names that Prometheus accepts, sorted, each once, and the text of all of them.
struct LabelSet: Sendable {
    /// The names in their order.
    let names: [String]
    /// The pairs as both formats write them, without braces: `method="GET",status="200"`.
    let text: String

    /// Makes labels legal.
    ///
    /// A name that Prometheus keeps for itself gets the prefix `exported_`, as Prometheus itself does with a target's
    /// labels. Names that become the same have their values joined by a semicolon, as OpenTelemetry prescribes for its
    /// Prometheus exporters: of two series that differ neither is lost.
    init(_ dimensions: [(String, String)], maxValueLength: Int) {
        var values: [String: String] = [:]
        for (name, value) in dimensions {
            let name = Self.legal(name)
            values[name] = values[name].map { "\($0);\(value)" } ?? value
        }
        names = values.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        text =
            names
            .map { "\($0)=\"\(Escaping.labelValue(Self.shortened(values[$0] ?? "", to: maxValueLength)))\"" }
            .joined(separator: ",")
    }

    private static func legal(_ name: String) -> String {
        let name = MetricName.sanitizedLabel(name)
        return name == "le" || name == "quantile" || name.hasPrefix("__") ? "exported_\(name)" : name
    }

    /// The value cut to a number of bytes, never inside of a character.
    private static func shortened(_ value: String, to length: Int) -> String {
        guard value.utf8.count > length else { return value }
        var end = value.startIndex
        var used = 0
        for index in value.unicodeScalars.indices {
            used += value.unicodeScalars[index].utf8.count
            if used > length { break }
            end = value.unicodeScalars.index(after: index)
        }
        return String(value[..<end])
    }
}
