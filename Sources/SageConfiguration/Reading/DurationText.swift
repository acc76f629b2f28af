/// The spelling of durations in settings: `30s`, `100ms`, `1.5s`, `2m`, `1h30m`, `90d`, and plain `0`.
///
/// The same as in the gateway's configuration file.
enum DurationText {
    private static let units: [(name: String, nanoseconds: Int64)] = [
        ("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000),
        ("ms", 1_000_000), ("us", 1_000), ("ns", 1),
    ]

    /// Reads a duration; larger units come first and none is repeated, so that `30m1h` is a mistake.
    ///
    /// - Returns: The duration in whole nanoseconds; nil if the text is none or exceeds 292 years.
    static func parse(_ text: String) -> Duration? {
        if text == "0" { return .zero }
        var rest = text.utf8[...]
        var total: Int64 = 0
        var smallest = Int64.max
        while !rest.isEmpty {
            let number = rest.prefix { isDigit($0) || $0 == UInt8(ascii: ".") }
            rest = rest[number.endIndex...]
            let letters = rest.prefix { !isDigit($0) && $0 != UInt8(ascii: ".") }
            rest = rest[letters.endIndex...]
            guard let name = String(letters), let unit = units.first(where: { $0.name == name }),
                unit.nanoseconds < smallest, let part = multiple(number, of: unit.nanoseconds)
            else { return nil }
            let (sum, overflow) = total.addingReportingOverflow(part)
            guard !overflow else { return nil }
            total = sum
            smallest = unit.nanoseconds
        }
        return text.isEmpty ? nil : .nanoseconds(total)
    }

    /// Writes a duration so that `parse` gives it back, in the largest unit that needs no fraction.
    static func render(_ duration: Duration) -> String {
        let nanoseconds = (duration / .nanoseconds(1)).rounded()
        if nanoseconds == 0 { return "0" }
        guard let whole = Int64(exactly: nanoseconds) else { return "\(duration)" }
        // Days hide how long something is; and nobody writes minutes for 90 s.
        let unit = units.dropFirst().first { whole % $0.nanoseconds == 0 } ?? ("ns", 1)
        return "\(whole / unit.nanoseconds)\(unit.name)"
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    /// `12` or `1.5` times a unit; what is smaller than a nanosecond is cut off.
    private static func multiple(_ number: Substring.UTF8View, of unit: Int64) -> Int64? {
        let parts = number.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), parts.allSatisfy({ !$0.isEmpty && $0.count <= 18 }),
            let whole = String(parts[0]).flatMap({ Int64($0) })
        else { return nil }
        var (total, overflow) = whole.multipliedReportingOverflow(by: unit)
        guard !overflow else { return nil }
        var place = unit
        for digit in parts.dropFirst().joined() {
            place /= 10
            (total, overflow) = total.addingReportingOverflow(Int64(digit - UInt8(ascii: "0")) * place)
            guard !overflow else { return nil }
        }
        return total
    }
}
