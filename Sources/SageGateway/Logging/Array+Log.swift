/// What lines of the log are put together from, without strings on the way.
extension [UInt8] {
    /// Appends a text that is known in advance.
    mutating func append(utf8 text: StaticString) {
        append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends a number in decimal digits, with leading zeros up to a width.
    mutating func append(decimal number: Int, width: Int = 1) {
        if number < 0 { append(UInt8(ascii: "-")) }
        var unit: UInt = 1
        var digits = 1
        let magnitude = number.magnitude
        while digits < width || magnitude / unit >= 10 {
            unit *= 10
            digits += 1
        }
        while unit > 0 {
            append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: magnitude / unit % 10))
            unit /= 10
        }
    }
}
