/// Names that Prometheus accepts, made from those of swift-metrics.
enum MetricName {
    /// Units of time that a name may end with; the values of timers are in seconds, and a name must not say otherwise.
    private static let timeUnits = [
        "_nanoseconds", "_microseconds", "_milliseconds", "_minutes", "_hours", "_nanos", "_micros", "_millis", "_ns",
        "_us", "_ms", "_sec", "_secs", "_s",
    ]

    /// The name with `_` for every character outside of `[a-zA-Z0-9_:]`, and before a digit at the beginning.
    static func sanitized(_ name: String) -> String {
        legal(name, allowsColon: true)
    }

    /// The same for the name of a label, where a colon is not allowed.
    static func sanitizedLabel(_ name: String) -> String {
        legal(name, allowsColon: false)
    }

    /// The name of a counter's family, without the suffix that its samples have.
    static func counter(_ name: String) -> String {
        let name = sanitized(name)
        return name.hasSuffix("_total") && name.utf8.count > 6 ? String(name.dropLast(6)) : name
    }

    /// The name of a timer's family, which ends with `_seconds`.
    static func timer(_ name: String) -> String {
        let name = sanitized(name)
        if name.hasSuffix("_seconds") { return name }
        for unit in timeUnits where name.hasSuffix(unit) && name.utf8.count > unit.utf8.count {
            return name.dropLast(unit.utf8.count) + "_seconds"
        }
        return name + "_seconds"
    }

    private static func legal(_ name: String, allowsColon: Bool) -> String {
        guard let first = name.unicodeScalars.first else { return "_" }
        var legal = String.UnicodeScalarView()
        if ("0"..."9").contains(first) { legal.append("_") }
        for scalar in name.unicodeScalars {
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "_": legal.append(scalar)
            case ":" where allowsColon: legal.append(scalar)
            default: legal.append("_")
            }
        }
        return String(legal)
    }
}
