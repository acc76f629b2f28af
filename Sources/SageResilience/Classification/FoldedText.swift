/// The beginning of a text in lower case with `_`, `-` and white space as single spaces, to search phrases in.
///
/// Only the letters of ASCII have their case folded, and only its letters and digits make words.
struct FoldedText: Sendable {
    /// How many bytes of a text are looked at: what explains an error stands at its beginning.
    static let limit = 4_096

    private(set) var bytes: [UInt8] = []

    init(_ text: String) {
        append(text)
    }

    /// Adds a text, as a sentence of its own.
    mutating func append(_ text: String) {
        if !bytes.isEmpty { bytes.append(contentsOf: [0x3B, 0x20]) }
        let room = Self.limit - bytes.count
        guard room > 0 else { return }
        bytes.reserveCapacity(bytes.count + min(text.utf8.count, room))
        var previous: UInt8 = 0x20
        for byte in text.utf8.prefix(room) {
            let next: UInt8 =
                switch byte {
                case 0x09, 0x0A, 0x0D, 0x5F: 0x20
                // A hyphen before a number may be a minus.
                case 0x2D where Self.isLetter(previous): 0x20
                case 0x41...0x5A: byte | 0x20
                default: byte
                }
            if next == 0x20, previous == 0x20 { continue }
            bytes.append(next)
            previous = next
        }
    }

    /// Adds the name of a type or a case as words, as `http connection reset` for `HTTPConnectionReset`.
    mutating func append(identifier: String) {
        let letters = Array(identifier.utf8.prefix(256))
        var words = ""
        for (index, byte) in letters.enumerated() {
            if index > 0, Self.isUpper(byte), Self.isLetter(letters[index - 1]) {
                let endsAbbreviation = index + 1 < letters.count && Self.isLower(letters[index + 1])
                if Self.isLower(letters[index - 1]) || endsAbbreviation { words.append(" ") }
            }
            words.unicodeScalars.append(byte < 0x80 ? Unicode.Scalar(byte) : " ")
        }
        append(words)
    }

    /// Whether a phrase that stands here begins and ends with whole words.
    func isPhrase(_ range: Range<Int>) -> Bool {
        let begins =
            range.lowerBound == 0 || !Self.isAlphanumeric(bytes[range.lowerBound - 1])
            || !Self.isAlphanumeric(bytes[range.lowerBound])
        let ends =
            range.upperBound == bytes.count || !Self.isAlphanumeric(bytes[range.upperBound])
            || !Self.isAlphanumeric(bytes[range.upperBound - 1])
        return begins && ends
    }

    static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A }

    static func isAlphanumeric(_ byte: UInt8) -> Bool { isDigit(byte) || isLetter(byte) }

    private static func isLower(_ byte: UInt8) -> Bool { byte >= 0x61 && byte <= 0x7A }

    private static func isUpper(_ byte: UInt8) -> Bool { byte >= 0x41 && byte <= 0x5A }
}
