import GRDBSQLite

/// What has to be known about the text of a statement without understanding it.
enum SQLText {
    /// Whether a text has nothing but space, semicolons and comments.
    static func isBlank(_ text: Substring) -> Bool { afterComments(text.utf8).isEmpty }

    /// Whether a statement begins or ends transactions, or adds another file to the connection.
    static func controlsTransaction(_ sql: String) -> Bool {
        let word = afterComments(Substring(sql).utf8).prefix { isLetter($0) }
        let name = String(decoding: word, as: UTF8.self).uppercased()
        return ["BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE", "ATTACH", "DETACH"].contains(name)
    }

    /// For each of SQLite's parameters the number `n` of `$n`; nil when one is written in another way.
    static func parameters(of statement: OpaquePointer) -> [Int]? {
        var numbers: [Int] = []
        for index in 0..<sqlite3_bind_parameter_count(statement) {
            guard let name = sqlite3_bind_parameter_name(statement, index + 1).map({ String(cString: $0) }),
                name.utf8.first == UInt8(ascii: "$"), let number = Int(name.dropFirst()), number >= 1,
                name.dropFirst() == "\(number)"
            else { return nil }
            numbers.append(number)
        }
        return numbers
    }

    /// A text as a literal of SQL.
    static func quoted(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
    }

    private static func afterComments(_ text: Substring.UTF8View) -> Substring.UTF8View {
        var rest = text
        while let first = rest.first {
            if first == UInt8(ascii: ";") || isSpace(first) {
                rest = rest.dropFirst()
            } else if rest.starts(with: "--".utf8) {
                rest = rest.drop { $0 != UInt8(ascii: "\n") }
            } else if rest.starts(with: "/*".utf8) {
                rest = rest.dropFirst(2)
                while !rest.isEmpty, !rest.starts(with: "*/".utf8) { rest = rest.dropFirst() }
                rest = rest.dropFirst(2)
            } else {
                break
            }
        }
        return rest
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }
    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7a).contains(byte | 0x20) }
}
