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

/// The spelling of sizes: plain bytes, or a whole number with `KB`, `MB`, `GB` (1000) or `KiB`, `MiB`, `GiB` (1024).
enum SizeText {
    private static let units: [(name: String, bytes: Int64)] = [
        ("", 1), ("b", 1), ("kb", 1_000), ("mb", 1_000_000), ("gb", 1_000_000_000), ("tb", 1_000_000_000_000),
        ("kib", 1 << 10), ("mib", 1 << 20), ("gib", 1 << 30), ("tib", 1 << 40),
    ]

    /// Reads a size.
    ///
    /// - Parameter text: The text as it stands in the file; case does not matter, one space before the unit is allowed.
    /// - Returns: The number of bytes, or nil if the text is none or does not fit.
    static func parse(_ text: String) -> Int? {
        let number = text.utf8.prefix { DecimalText.isDigit($0) || $0 == UInt8(ascii: ".") }
        var name = String(text[number.endIndex...]).lowercased()
        if name.hasPrefix(" ") { name.removeFirst() }
        guard let unit = units.first(where: { $0.name == name }),
            let bytes = DecimalText.parse(String(decoding: number, as: UTF8.self), unit: unit.bytes)
        else { return nil }
        return Int(exactly: bytes)
    }
}

/// Decimal numbers without the surprises of a floating-point parser (`nan`, `inf`, `0x1p3`) and without traps.
enum DecimalText {
    static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    /// Reads `12` or `1.5` as a multiple of a unit, exactly; what is smaller than one is cut off.
    static func parse(_ text: String, unit: Int64) -> Int64? {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count <= 2, parts.allSatisfy({ !$0.isEmpty && $0.count <= 19 && $0.allSatisfy(isDigit) }),
            let whole = parts.first.flatMap({ Int64(String(decoding: $0, as: UTF8.self)) })
        else { return nil }
        let (product, overflow) = whole.multipliedReportingOverflow(by: unit)
        guard !overflow else { return nil }
        guard parts.count == 2 else { return product }
        guard parts[1].count <= 18 else { return nil }
        guard let digits = Int64(String(decoding: parts[1], as: UTF8.self)) else { return nil }
        let scale = (0..<parts[1].count).reduce(into: Int64(1)) { scale, _ in scale *= 10 }
        // The quotient is below the unit, since digits < scale <= 10^18; so neither step can overflow.
        let fraction = scale.dividingFullWidth(digits.multipliedFullWidth(by: unit)).quotient
        let (sum, overflowed) = product.addingReportingOverflow(fraction)
        return overflowed ? nil : sum
    }

    /// Reads a finite number such as `0.5`, `2` or `1e3`.
    static func parse(_ text: String) -> Double? {
        let allowed = "0123456789.eE+-".utf8
        guard let first = text.utf8.first, isDigit(first) || first == UInt8(ascii: "-") || first == UInt8(ascii: "."),
            text.utf8.allSatisfy(allowed.contains), let number = Double(text), number.isFinite
        else { return nil }
        return number
    }

    /// Writes a number the short way: `2`, not `2.0`.
    static func render(_ number: Double) -> String {
        Int64(exactly: number).map(String.init) ?? "\(number)"
    }
}
