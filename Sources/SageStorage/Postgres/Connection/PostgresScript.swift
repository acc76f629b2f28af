/// Looks at the words of SQL, without understanding it.
enum PostgresScript {
    /// Whether a statement that begins with this word would begin or end a transaction, or a part of one.
    static func controlsTransactions(_ word: String) -> Bool {
        [
            "ABORT", "BEGIN", "COMMIT", "END", "PREPARE", "RELEASE", "ROLLBACK", "SAVEPOINT", "START",
        ].contains(word)
    }

    /// The first words of all statements of a script, in capitals.
    ///
    /// A statement ends at a semicolon outside of quotes, comments and dollar quotes. A body in `BEGIN ATOMIC ... END`
    /// is not one of several statements either, which is why `END` after a semicolon would be refused: such functions are
    /// written with dollar quotes.
    static func firstWords(of sql: String) -> [String] {
        var scanner = Scanner(sql)
        return scanner.words()
    }

    private struct Scanner {
        private let bytes: [UInt8]
        private var place = 0

        init(_ sql: String) { bytes = Array(sql.utf8) }

        mutating func words() -> [String] {
            var words: [String] = []
            var isFirst = true
            while place < bytes.count {
                let byte = bytes[place]
                if skipBlankOrComment() { continue }
                if byte == UInt8(ascii: ";") {
                    isFirst = true
                    place += 1
                    continue
                }
                if isFirst {
                    words.append(word())
                    isFirst = false
                    continue
                }
                skipToken()
            }
            return words
        }

        private func byte(_ offset: Int = 0) -> UInt8? {
            place + offset < bytes.count ? bytes[place + offset] : nil
        }

        private static func isWord(_ byte: UInt8) -> Bool {
            FoldedLetter.isLetter(byte) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "_") || byte >= 0x80
        }

        /// The word that begins here; whatever else begins here is one of its own.
        private mutating func word() -> String {
            let start = place
            while let byte = byte(), Self.isWord(byte) { place += 1 }
            guard place > start else {
                skipToken()
                return "?"
            }
            return String(decoding: bytes[start..<place].map(FoldedLetter.capital), as: UTF8.self)
        }

        private mutating func skipBlankOrComment() -> Bool {
            switch (byte(), byte(1)) {
            case (0x20, _), (0x09, _), (0x0a, _), (0x0b, _), (0x0c, _), (0x0d, _):
                place += 1
            case (UInt8(ascii: "-"), UInt8(ascii: "-")):
                while let byte = byte(), byte != 0x0a, byte != 0x0d { place += 1 }
            case (UInt8(ascii: "/"), UInt8(ascii: "*")):
                skipBlockComment()
            default:
                return false
            }
            return true
        }

        /// They nest.
        private mutating func skipBlockComment() {
            var depth = 0
            repeat {
                switch (byte(), byte(1)) {
                case (UInt8(ascii: "/"), UInt8(ascii: "*")):
                    depth += 1
                    place += 2
                case (UInt8(ascii: "*"), UInt8(ascii: "/")):
                    depth -= 1
                    place += 2
                case (nil, _): return
                default: place += 1
                }
            } while depth > 0
        }

        private mutating func skipToken() {
            guard let first = byte() else { return }
            switch first {
            case UInt8(ascii: "'"):
                let isEscaping = place > 0 && FoldedLetter.capital(bytes[place - 1]) == UInt8(ascii: "E")
                skipQuoted(first, isEscaping: isEscaping)
            case UInt8(ascii: "\""): skipQuoted(first, isEscaping: false)
            case UInt8(ascii: "$") where place == 0 || !Self.isWord(bytes[place - 1]): skipDollar()
            default: place += 1
            }
        }

        private mutating func skipQuoted(_ quote: UInt8, isEscaping: Bool) {
            place += 1
            while let byte = byte() {
                place += 1
                if isEscaping, byte == UInt8(ascii: "\\") {
                    place += 1
                } else if byte == quote {
                    // A doubled quote begins the next piece, which is as good.
                    return
                }
            }
        }

        /// `$tag$ ... $tag$`, or a parameter.
        private mutating func skipDollar() {
            let start = place
            place += 1
            while let byte = byte(), Self.isWord(byte) { place += 1 }
            guard byte() == UInt8(ascii: "$"), !(byteAfter(start).map { (0x30...0x39).contains($0) } ?? false) else {
                return
            }
            place += 1
            let tag = bytes[start..<place]
            while place < bytes.count {
                if bytes[place] == UInt8(ascii: "$"), bytes[place...].starts(with: tag) {
                    place += tag.count
                    return
                }
                place += 1
            }
        }

        private func byteAfter(_ start: Int) -> UInt8? { start + 1 < bytes.count ? bytes[start + 1] : nil }
    }
}

/// Letters of ASCII without regard to case.
private enum FoldedLetter {
    static func capital(_ byte: UInt8) -> UInt8 { (0x61...0x7a).contains(byte) ? byte - 0x20 : byte }
    static func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5a).contains(capital(byte)) }
}
