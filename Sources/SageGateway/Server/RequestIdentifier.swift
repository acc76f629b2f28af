import Synchronization

/// Makes the ids by which a request is found again in logs and reports.
enum RequestIdentifier {
    private static let counter = Atomic<UInt64>(0)
    /// Tells processes apart.
    private static let process = UInt64(UInt32.random(in: .min ... .max))
    private static let digits: [16 of UInt8] = [
        0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66,
    ]

    static func next() -> String {
        let number = counter.wrappingAdd(1, ordering: .relaxed).newValue
        var text: [UInt8] = []
        text.reserveCapacity(28)
        text.append(utf8: "req_")
        append(process, to: &text)
        append(number, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Appends at least eight hexadecimal digits.
    private static func append(_ number: UInt64, to text: inout [UInt8]) {
        let length = max(8, (67 - number.leadingZeroBitCount) / 4)
        for position in (0..<length).reversed() {
            text.append(digits[Int(truncatingIfNeeded: number >> UInt64(4 * position) & 15)])
        }
    }
}
