/// JSON as it is written, piece by piece.
struct JSONText {
    private(set) var bytes: [UInt8] = []

    init(capacity: Int = 0) {
        bytes.reserveCapacity(capacity)
    }

    /// Text that is JSON already.
    mutating func raw(_ text: StaticString) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    mutating func string(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0..<0x20:
                raw("\\u")
                HexText.append(UInt64(byte), count: 4, to: &bytes)
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// A 64-bit integer, which this encoding of protocol buffers writes as a text.
    mutating func quoted(_ number: some BinaryInteger) {
        bytes.append(UInt8(ascii: "\""))
        bytes += String(number).utf8
        bytes.append(UInt8(ascii: "\""))
    }

    mutating func number(_ number: Int) {
        bytes += String(number).utf8
    }

    /// A number, or one of the texts that stand for what JSON has no number for.
    mutating func double(_ number: Double) {
        if number.isFinite {
            bytes += "\(number)".utf8
        } else {
            raw(number.isNaN ? "\"NaN\"" : number > 0 ? "\"Infinity\"" : "\"-Infinity\"")
        }
    }

    /// An array; each element is written by a closure.
    mutating func array<Elements: Sequence>(
        _ elements: Elements, _ write: (inout JSONText, Elements.Element) -> Void
    ) {
        bytes.append(UInt8(ascii: "["))
        var isFirst = true
        for element in elements {
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            write(&self, element)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    mutating func traceID(_ id: TraceID) {
        bytes.append(UInt8(ascii: "\""))
        id.append(to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    mutating func spanID(_ id: SpanID) {
        bytes.append(UInt8(ascii: "\""))
        id.append(to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }
}
