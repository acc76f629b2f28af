import SageResilience

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
