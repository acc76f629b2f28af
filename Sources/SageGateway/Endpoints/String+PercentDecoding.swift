extension String {
    /// The text that a percent-encoded one stands for; what is no valid escape stays, and invalid UTF-8 is replaced.
    ///
    /// Foundation's own decoding would link all of it, which doubles the memory of the server at rest.
    var percentDecoded: String {
        guard utf8.contains(UInt8(ascii: "%")) else { return self }
        return String(decoding: Self.percentDecoded(utf8), as: UTF8.self)
    }

    /// The text that a percent-encoded one stands for; nil for bytes that are no text, of which each would otherwise be
    /// the same as any other.
    var exactlyPercentDecoded: String? { String(validating: Self.percentDecoded(utf8), as: UTF8.self) }

    private static func percentDecoded(_ text: String.UTF8View) -> [UInt8] {
        let bytes = Array(text)
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count, let high = bytes[index + 1].hexadecimalDigit,
                let low = bytes[index + 2].hexadecimalDigit
            {
                decoded.append(high << 4 | low)
                index += 3
            } else {
                decoded.append(bytes[index])
                index += 1
            }
        }
        return decoded
    }
}

extension UInt8 {
    fileprivate var hexadecimalDigit: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
