/// What the text of a scanned number means.
enum JSONNumber {
    /// The number as an integer, or nil if it has a fraction, an exponent or too many digits.
    static func integer(_ range: Range<Int>, in bytes: RawSpan) -> Int? {
        guard case .integer(let value) = value(range, in: bytes) else { return nil }
        return Int(exactly: value)
    }

    /// The number in the narrowest form that keeps it.
    static func value(_ range: Range<Int>, in bytes: RawSpan) -> JSONValue {
        if let integer = exactInteger(range, in: bytes) { return integer }
        let text = bytes.string(range)
        let isInteger = !range.contains {
            let byte = bytes.byte(at: $0)
            return byte == UInt8(ascii: ".") || byte | 0x20 == UInt8(ascii: "e")
        }
        let digits = significantDigits(range, in: bytes)
        // "-0" is the one integer whose sign an Int64 cannot keep.
        if isInteger, digits > 0 { return .decimal(JSONDecimal(validated: text)) }
        guard digits <= 17, let double = Double(text), double.isFinite, double != 0 || digits == 0 else {
            return .decimal(JSONDecimal(validated: text))
        }
        return .double(double)
    }

    private static func exactInteger(_ range: Range<Int>, in bytes: RawSpan) -> JSONValue? {
        let isNegative = bytes.byte(at: range.lowerBound) == UInt8(ascii: "-")
        var magnitude: UInt64 = 0
        for offset in (isNegative ? range.dropFirst() : range[...]) {
            let byte = bytes.byte(at: offset)
            guard byte.isDigit else { return nil }
            let (product, productOverflow) = magnitude.multipliedReportingOverflow(by: 10)
            let (sum, sumOverflow) = product.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
            guard !productOverflow, !sumOverflow else { return nil }
            magnitude = sum
        }
        if isNegative {
            guard magnitude > 0, magnitude <= Int64.min.magnitude else { return nil }
            return .integer(Int64(truncatingIfNeeded: 0 &- magnitude))
        }
        return Int64(exactly: magnitude).map(JSONValue.integer) ?? .unsigned(magnitude)
    }

    /// How many digits of the mantissa carry information: more than 17 do not fit a Double.
    private static func significantDigits(_ range: Range<Int>, in bytes: RawSpan) -> Int {
        var count = 0
        var zeros = 0
        for offset in range {
            let byte = bytes.byte(at: offset)
            if byte | 0x20 == UInt8(ascii: "e") { break }
            guard byte.isDigit else { continue }
            if byte == UInt8(ascii: "0") {
                zeros += 1
            } else {
                // Zeros in front of the first other digit carry nothing.
                count += (count == 0 ? 0 : zeros) + 1
                zeros = 0
            }
        }
        return count
    }
}
