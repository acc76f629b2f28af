/// Decimal numbers without the surprises of a floating-point parser (`nan`, `inf`, `0x1p3`) and without traps.
package enum DecimalText {
    package static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    /// Reads `12` or `1.5` as a multiple of a unit, exactly; what is smaller than one is cut off.
    package static func parse(_ text: String, unit: Int64) -> Int64? {
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
    package static func parse(_ text: String) -> Double? {
        let allowed = "0123456789.eE+-".utf8
        guard let first = text.utf8.first, isDigit(first) || first == UInt8(ascii: "-") || first == UInt8(ascii: "."),
            text.utf8.allSatisfy(allowed.contains), let number = Double(text), number.isFinite
        else { return nil }
        return number
    }

    /// Writes a number the short way: `2`, not `2.0`.
    package static func render(_ number: Double) -> String {
        Int64(exactly: number).map(String.init) ?? "\(number)"
    }
}
