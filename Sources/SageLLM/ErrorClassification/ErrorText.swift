/// Text that comes from a provider, made safe to keep and to print.
enum ErrorText {
    /// Replaces control characters and line breaks by single spaces, trims, and cuts to a number of bytes.
    ///
    /// A provider's text ends up in logs, headers and terminals, where an escape sequence or a line break would be an
    /// injection.
    ///
    /// - Parameters:
    ///   - text: The text as it arrived.
    ///   - limit: The most UTF-8 bytes to keep; a cut is marked with an ellipsis that counts too.
    static func clean(_ text: String, limit: Int) -> String {
        var result = ""
        var length = 0
        var pendingSpace = false
        for scalar in text.unicodeScalars {
            if isBlank(scalar) {
                pendingSpace = length > 0
                continue
            }
            let needed = UTF8.width(scalar) + (pendingSpace ? 1 : 0)
            guard length + needed <= limit else { return cut(result, limit: limit) }
            if pendingSpace { result.unicodeScalars.append(" ") }
            result.unicodeScalars.append(scalar)
            length += needed
            pendingSpace = false
        }
        return result
    }

    /// The text without white space at its ends.
    static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while let first = text.unicodeScalars.first, isBlank(first) { text.unicodeScalars.removeFirst() }
        while let last = text.unicodeScalars.last, isBlank(last) { text.unicodeScalars.removeLast() }
        return text
    }

    static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A }

    static func isAlphanumeric(_ byte: UInt8) -> Bool { isDigit(byte) || isLetter(byte) }

    static func lowercased(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte }

    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        // Controls, no-break space, byte-order mark, line separators, and the marks that reorder or hide text.
        case 0x00...0x20, 0x7F...0xA0, 0xFEFF, 0x200B...0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    private static func cut(_ text: String, limit: Int) -> String {
        let ellipsis = "…"
        var scalars = text.unicodeScalars
        var length = text.utf8.count
        while length + ellipsis.utf8.count > limit, let last = scalars.popLast() { length -= UTF8.width(last) }
        return length + ellipsis.utf8.count <= limit ? String(scalars) + ellipsis : String(scalars)
    }
}
