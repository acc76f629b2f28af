import SageResilience

/// Texts of unknown origin, in URLs and in messages.
enum StorageText {
    /// A text on one line and short, between quotation marks.
    static func quoted(_ text: some StringProtocol, limit: Int = 100) -> String {
        "'\(printable(text, limit: limit))'"
    }

    /// A text on one line, cut off at a number of characters.
    static func printable(_ text: some StringProtocol, limit: Int = 200) -> String {
        var shown = ""
        for (count, scalar) in text.unicodeScalars.enumerated() {
            guard count < limit else { return shown + "..." }
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: shown += "\u{fffd}"
            default: shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }

    /// A text as a part of a URL.
    static func encoded(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x7e:
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                result += "%" + (digits.count == 1 ? "0" + digits : digits)
            }
        }
        return result
    }

    /// A part of a URL without its percent encoding.
    ///
    /// - Parameters:
    ///   - text: The part.
    ///   - field: Its name, for errors.
    ///   - isSecret: Whether errors must not show it.
    static func decoded(
        _ text: Substring, _ field: String, isSecret: Bool = false
    ) throws(ConfigurationError) -> String {
        func invalid(_ allowed: String) -> ConfigurationError {
            ConfigurationError(field: field, value: isSecret ? "wrongly encoded" : quoted(text), allowed: allowed)
        }
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                throw invalid("a '%' followed by two hexadecimal digits")
            }
            bytes.append(high << 4 | low)
        }
        guard let decoded = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
            throw invalid("UTF-8 without NUL")
        }
        return decoded
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// A number of decimal digits alone; nil for everything else, and for what is too large.
    static func number(_ text: some StringProtocol) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy(DecimalText.isDigit) else { return nil }
        return Int(text)
    }

    /// The scheme of a URL in lower case; nil when it has none.
    static func scheme(of url: String) -> String? {
        let scheme = url.utf8.prefix(32).prefix { $0 != UInt8(ascii: ":") }
        guard scheme.endIndex != url.utf8.endIndex, url.utf8[scheme.endIndex] == UInt8(ascii: ":"),
            let first = scheme.first, (0x61...0x7a).contains(first | 0x20)
        else { return nil }
        return String(decoding: scheme, as: UTF8.self).lowercased()
    }
}
