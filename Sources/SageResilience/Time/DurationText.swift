/// The spelling of durations in configuration files: `120s`, `100ms`, `1.5s`, `2m`, `1h30m`, `90d`, and plain `0`.
package enum DurationText {
    private static let units: [(name: String, nanoseconds: Int64)] = [
        ("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000),
        ("ms", 1_000_000), ("us", 1_000), ("ns", 1),
    ]

    /// Reads a duration; larger units come first and none is repeated, so that `30m1h` is a mistake.
    ///
    /// - Parameter text: The text as it stands in the file.
    /// - Returns: The duration in whole nanoseconds, or nil if the text is none or exceeds 292 years.
    package static func parse(_ text: String) -> Duration? {
        if text == "0" { return .zero }
        var rest = text.utf8[...]
        var total: Int64 = 0
        var smallest = Int64.max
        while !rest.isEmpty {
            let number = rest.prefix { DecimalText.isDigit($0) || $0 == UInt8(ascii: ".") }
            rest = rest[number.endIndex...]
            let letters = rest.prefix { !DecimalText.isDigit($0) && $0 != UInt8(ascii: ".") }
            rest = rest[letters.endIndex...]
            guard let name = String(letters), let unit = units.first(where: { $0.name == name }),
                unit.nanoseconds < smallest,
                let part = DecimalText.parse(String(decoding: number, as: UTF8.self), unit: unit.nanoseconds)
            else { return nil }
            let (sum, overflow) = total.addingReportingOverflow(part)
            guard !overflow else { return nil }
            total = sum
            smallest = unit.nanoseconds
        }
        return text.isEmpty ? nil : .nanoseconds(total)
    }

    /// Writes a duration so that `parse` gives it back: in the largest unit up to seconds that needs no fraction.
    package static func render(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard attoseconds != 0, !overflow else { return seconds == 0 ? "0" : "\(seconds)s" }
        let nanoseconds = scaled &+ attoseconds / 1_000_000_000
        for (name, size) in [("ms", Int64(1_000_000)), ("us", 1_000)] where nanoseconds % size == 0 {
            return "\(nanoseconds / size)\(name)"
        }
        return "\(nanoseconds)ns"
    }
}
