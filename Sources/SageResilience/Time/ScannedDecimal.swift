/// A decimal number inside a text, as a whole part and billionths, so that 5.289 stays exactly 5.289.
///
/// What is longer saturates, in contrast to ``DecimalText``, which refuses it: a server's wait that is too long to be
/// said is still a long one.
package struct ScannedDecimal: Sendable {
    private var whole: Int64 = 0
    private var billionths: Int64 = 0

    /// Reads digits with an optional fraction, without sign or exponent; the whole part may be missing (`.5`).
    ///
    /// - Parameters:
    ///   - bytes: The text.
    ///   - position: Where the number begins; moved to its end. Not moved where there is none.
    package init?(_ bytes: [UInt8], from position: inout Int) {
        let start = position
        var next = start
        while next < bytes.count, DecimalText.isDigit(bytes[next]) {
            let digit = Int64(bytes[next] - 0x30)
            let (shifted, overflow) = whole.multipliedReportingOverflow(by: 10)
            let (sum, carry) = shifted.addingReportingOverflow(digit)
            whole = overflow || carry ? .max : sum
            next += 1
        }
        var digits = next - start
        if next + 1 < bytes.count, bytes[next] == 0x2E, DecimalText.isDigit(bytes[next + 1]) {
            next += 1
            var scale: Int64 = 100_000_000
            while next < bytes.count, DecimalText.isDigit(bytes[next]) {
                billionths += Int64(bytes[next] - 0x30) * scale
                scale /= 10
                digits += 1
                next += 1
            }
        }
        guard digits > 0 else { return nil }
        position = next
    }

    /// Reads a text that is a number and nothing else.
    package init?(_ text: Substring) {
        let bytes = Array(text.utf8)
        var position = 0
        guard let number = ScannedDecimal(bytes, from: &position), position == bytes.count else { return nil }
        self = number
    }

    /// The number as a multiple of a unit; what is smaller than one is cut off.
    package func times(_ unit: Int64) -> Int64 {
        let (product, overflow) = whole.multipliedReportingOverflow(by: unit)
        // The quotient is below `unit`, because `billionths` is below a billion: the division cannot overflow.
        let fraction = Int64(1_000_000_000).dividingFullWidth(billionths.multipliedFullWidth(by: unit)).quotient
        let (sum, carry) = product.addingReportingOverflow(fraction)
        return overflow || carry ? .max : sum
    }
}
