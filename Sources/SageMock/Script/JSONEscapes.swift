/// Makes JSON's escapes readable for a YAML parser.
enum JSONEscapes {
    /// Replaces each escaped surrogate pair (`\ud83d\ude00`) by YAML's escape of the same character (`\U0001f600`).
    ///
    /// YAML is a superset of JSON except for these pairs, in which JSON writers put everything outside the basic
    /// plane. Lines stay where they are.
    static func joiningSurrogates(in text: String) -> String {
        let bytes = Array(text.utf8)
        guard bytes.count >= 12, contains(bytes) else { return text }
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            guard bytes[index] == backslash else {
                output.append(bytes[index])
                index += 1
                continue
            }
            if let high = unit(bytes, at: index), (0xD800...0xDBFF).contains(high),
                let low = unit(bytes, at: index + 6), (0xDC00...0xDFFF).contains(low)
            {
                let digits = String(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00), radix: 16)
                output += "\\U".utf8
                output += String(repeating: "0", count: 8 - digits.count).utf8
                output += digits.utf8
                index += 12
            } else {
                // The character after a backslash belongs to it, so that `\\ud83d` is not taken for an escape.
                output += bytes[index..<min(index + 2, bytes.count)]
                index += 2
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    private static let backslash = UInt8(ascii: "\\")

    private static func contains(_ bytes: [UInt8]) -> Bool {
        bytes.indices.contains { unit(bytes, at: $0).map { (0xD800...0xDBFF).contains($0) } ?? false }
    }

    /// The value of a `\uXXXX` escape at an index.
    private static func unit(_ bytes: [UInt8], at index: Int) -> UInt32? {
        guard index + 6 <= bytes.count, bytes[index] == backslash, bytes[index + 1] == UInt8(ascii: "u") else {
            return nil
        }
        return UInt32(String(decoding: bytes[index + 2..<index + 6], as: UTF8.self), radix: 16)
    }
}
