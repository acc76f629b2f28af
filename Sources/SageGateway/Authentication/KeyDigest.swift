import SageStorage

/// What is kept of a client's key: its SHA-256.
///
/// A key is a long random text, so its hash tells nothing about it and need not be slow to compute.
package struct KeyDigest: Sendable, Hashable, CustomStringConvertible {
    /// The digest that belongs to no key.
    static let none = KeyDigest(words: (0, 0, 0, 0))

    private let first: UInt64
    private let second: UInt64
    private let third: UInt64
    private let fourth: UInt64

    private init(words: (UInt64, UInt64, UInt64, UInt64)) {
        (first, second, third, fourth) = words
    }

    /// The digest of a key.
    package init(key: String) {
        let words = SHA256.hash(key.utf8)
        func pair(_ index: Int) -> UInt64 { UInt64(words[index]) << 32 | UInt64(words[index + 1]) }
        self.init(words: (pair(0), pair(2), pair(4), pair(6)))
    }

    private static let prefix = "sha256:"

    /// Reads `sha256:` and 64 lower-case hexadecimal digits; nil for everything else.
    package init?(text: String) {
        guard text.hasPrefix(Self.prefix) else { return nil }
        let digits = text.utf8.dropFirst(Self.prefix.utf8.count)
        guard digits.count == 64 else { return nil }
        var words: [UInt64] = [0, 0, 0, 0]
        for (index, digit) in digits.enumerated() {
            let value: UInt8
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = digit - UInt8(ascii: "a") + 10
            default: return nil
            }
            words[index / 16] = words[index / 16] << 4 | UInt64(value)
        }
        self.init(words: (words[0], words[1], words[2], words[3]))
    }

    /// The digest as it stands in the configuration file.
    package var description: String {
        [first, second, third, fourth].reduce(into: Self.prefix) { text, word in
            let digits = String(word, radix: 16)
            text += String(repeating: "0", count: 16 - digits.count) + digits
        }
    }

    /// Whether two are the same, in a time that does not depend on where they differ.
    package static func == (one: KeyDigest, other: KeyDigest) -> Bool {
        (one.first ^ other.first) | (one.second ^ other.second) | (one.third ^ other.third)
            | (one.fourth ^ other.fourth) == 0
    }
}
