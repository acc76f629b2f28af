import CPostgreSQL

/// What the server or libpq said about a failure.
struct PostgresFailure: Sendable, Hashable {
    /// The five characters of ISO 9075; nil when the failure is libpq's own.
    var sqlState: String?
    /// Whether the server ended the connection, or libpq found it broken.
    var isFatal: Bool
    /// The first sentence, in the server's language; never the details, which hold values.
    var message: String

    init(sqlState: String?, isFatal: Bool = false, message: String) {
        self.sqlState = sqlState
        self.isFatal = isFatal
        self.message = message
    }

    /// The failure of a statement.
    init(_ result: OpaquePointer) {
        func field(_ code: Character) -> String? {
            code.asciiValue.flatMap { PQresultErrorField(result, Int32($0)) }.map { String(cString: $0) }
        }
        // PG_DIAG_SQLSTATE, PG_DIAG_SEVERITY_NONLOCALIZED and PG_DIAG_MESSAGE_PRIMARY.
        let severity = field("V")
        self.sqlState = field("C")
        self.isFatal = sqlState == nil || severity == "FATAL" || severity == "PANIC"
        self.message = field("M") ?? Self.tidy(String(cString: PQresultErrorMessage(result)))
    }

    /// The failure of a connection that is there.
    init(lost connection: OpaquePointer) {
        self.sqlState = nil
        self.isFatal = true
        self.message = Self.tidy(String(cString: PQerrorMessage(connection)))
    }

    /// The failure to make a connection, from libpq's message with the SQLSTATE in it.
    ///
    /// libpq keeps the code of a failed login to itself, except in its verbose messages:
    /// `connection to server at "db" (::1), port 5432 failed: FATAL:  28P01: password authentication failed`.
    init(connecting text: String) {
        let found = text.split(separator: "\n").compactMap(Self.serverMessage)
        // Encrypted and plain were tried in turn: that the other way is not allowed says less than how this one failed.
        if let best = found.first(where: { $0.code != "28000" }) ?? found.first {
            self.sqlState = best.code
            self.message = best.message
        } else {
            self.sqlState = nil
            self.message = Self.tidy(text)
        }
        self.isFatal = true
    }

    private static func serverMessage(_ line: Substring) -> (code: String, message: String)? {
        // The severity is in the server's language, the two blanks after it are not.
        guard let mark = line.firstRange(of: ":  ") else { return nil }
        let rest = line[mark.upperBound...]
        let code = rest.prefix(5)
        guard code.utf8.count == 5, code.utf8.allSatisfy(isCodeByte), rest.dropFirst(5).hasPrefix(": ") else {
            return nil
        }
        return (String(code), PostgresFailure.tidy(String(rest.dropFirst(7))))
    }

    private static func isCodeByte(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte)
    }

    /// A message in one line of bounded length.
    private static func tidy(_ text: String) -> String {
        let lines = text.split(whereSeparator: \.isNewline).map { $0.drop { $0 == "\t" || $0 == " " } }
        let trimmed = lines.joined(separator: "; ")
        return trimmed.isEmpty ? "the connection failed" : String(trimmed.prefix(500))
    }
}
