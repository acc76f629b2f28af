import SageResilience

extension Duration {
    /// The duration for people, in the notation of the configuration file: `0`, `37.5ms`, `1.25s`, `2m5s`, `3d4h`.
    ///
    /// Rounded to what matters at its size: three digits or so below a minute, then the two largest units.
    var readable: String {
        let nanoseconds = max(0, saturatingNanoseconds)
        switch nanoseconds {
        case 0: return "0"
        case ..<1_000: return "\(nanoseconds)ns"
        case ..<999_500: return "\(nanoseconds.rounded(to: 1_000) / 1_000)us"
        case ..<999_950_000: return Self.decimal(nanoseconds.rounded(to: 100_000) / 100_000, digits: 1) + "ms"
        case ..<59_995_000_000: return Self.decimal(nanoseconds.rounded(to: 10_000_000) / 10_000_000, digits: 2) + "s"
        default: break
        }
        let seconds = nanoseconds.rounded(to: 1_000_000_000) / 1_000_000_000
        let units: [(size: Int64, name: String, smaller: (size: Int64, name: String))] = [
            (86_400, "d", (3_600, "h")), (3_600, "h", (60, "m")), (60, "m", (1, "s")),
        ]
        guard let unit = units.first(where: { seconds >= $0.size }) else { return "\(seconds)s" }
        let rest = seconds % unit.size / unit.smaller.size
        return "\(seconds / unit.size)\(unit.name)" + (rest == 0 ? "" : "\(rest)\(unit.smaller.name)")
    }

    /// The duration in milliseconds, with a fraction where there is one.
    var milliseconds: Double { Double(saturatingNanoseconds) / 1_000_000 }

    /// A whole number of tenths or hundredths, without zeros at its end.
    private static func decimal(_ value: Int64, digits: Int) -> String {
        let scale: Int64 = digits == 1 ? 10 : 100
        var fraction = String(value % scale)
        fraction = String(repeating: "0", count: digits - fraction.count) + fraction
        while fraction.last == "0" { fraction.removeLast() }
        return "\(value / scale)" + (fraction.isEmpty ? "" : ".\(fraction)")
    }
}

extension Int64 {
    fileprivate func rounded(to unit: Int64) -> Int64 { addingSaturating(unit / 2) / unit * unit }
}
