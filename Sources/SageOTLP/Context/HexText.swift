/// Lower-case hexadecimal digits, as trace contexts and OTLP's JSON write ids.
enum HexText {
    private static let digits = Array("0123456789abcdef".utf8)

    /// The digits of a number, with leading zeros.
    static func append(_ value: UInt64, count: Int = 16, to bytes: inout [UInt8]) {
        for position in (0..<count).reversed() { bytes.append(digits[Int(value >> (UInt64(position) * 4) & 0xF)]) }
    }

    /// The number that digits stand for; nil for none, for more than 16 and for anything but lower-case digits.
    static func number(_ text: some Collection<UInt8>) -> UInt64? {
        guard (1...16).contains(text.count) else { return nil }
        var value: UInt64 = 0
        for byte in text {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt64(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt64(byte - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        return value
    }
}
