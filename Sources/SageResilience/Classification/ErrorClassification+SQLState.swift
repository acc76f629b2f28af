/// An error of a database that carries a SQLSTATE, and is classified by it.
///
/// ```swift
/// extension MyDriverError: SQLStateError {
///     var sqlState: String? { serverFields["C"] }
/// }
/// ```
public protocol SQLStateError: ClassifiedError {
    /// The five characters of ISO 9075; nil when there is none, for example because the connection failed.
    var sqlState: String? { get }
}

extension SQLStateError {
    /// What the SQLSTATE says; unknown without one.
    public var classification: ErrorClassification {
        sqlState.map { ErrorClassification(sqlState: $0) } ?? ErrorClassification(.unknown)
    }
}

extension ErrorClassification {
    /// What a SQLSTATE says (ISO 9075; where classes leave it open, PostgreSQL's list of error codes).
    ///
    /// When the connection broke in the middle of a commit (08007, 40003), nobody knows whether it was done: the class
    /// is transient, but the hint says not to try again. A broken connection (08006) may have been one whose statement
    /// was done; a retry of what must not happen twice has to look at ``isNotSent``.
    ///
    /// - Parameter code: Five letters and digits; anything else is unknown.
    public init(sqlState code: String) {
        let bytes = Array(code.utf8.prefix(6))
        guard bytes.count == 5, bytes.allSatisfy(FoldedText.isAlphanumeric) else {
            self.init(.unknown)
            return
        }
        self = Self.special(code) ?? Self.ofClass(String(code.prefix(2)))
    }

    /// Codes that differ from the rest of their class.
    private static func special(_ code: String) -> ErrorClassification? {
        switch code {
        // The connection was never made.
        case "08001", "08004", "57P03": ErrorClassification(.transient, isNotSent: true)
        case "53300": ErrorClassification(.overloaded, isNotSent: true)
        // Commit under way, outcome unknown.
        case "08007": ErrorClassification(.transient, hint: .doNotRetry, isConnection: true)
        case "40003": ErrorClassification(.transient, hint: .doNotRetry)
        // A deferred constraint.
        case "40002": ErrorClassification(.permanent)
        // A session or a lock that was in the way.
        case "25P03", "55006", "55P03", "72000", "HV00N": ErrorClassification(.transient)
        // Time limits of a statement and of a transaction; cancelling by hand looks like the former.
        case "57014", "25P04", "70100": ErrorClassification(.timeout)
        case "42501": ErrorClassification(.authentication)
        // A limit that the statement itself exceeds; a database that was dropped.
        case "53400", "57P04": ErrorClassification(.permanent)
        default: nil
        }
    }

    private static func ofClass(_ code: String) -> ErrorClassification {
        switch code {
        case "08": ErrorClassification(.transient, isConnection: true)
        // Rollback (40001 serialisation, 40P01 deadlock); operator (57P01 shutdown); operating system.
        case "40", "57", "58": ErrorClassification(.transient)
        case "53": ErrorClassification(.overloaded)
        case "28": ErrorClassification(.authentication)
        // What the statement is, says or finds.
        case "03", "07", "09", "0A", "0B", "0F", "0L", "0P", "0Z", "20", "21", "22", "23", "24", "25", "26", "27",
            "2B", "2D", "2F", "34", "38", "39", "3B", "3D", "3F", "42", "44", "54", "55", "F0", "P0":
            ErrorClassification(.permanent)
        // Among them XX: an internal error of the server.
        default: ErrorClassification(.unknown)
        }
    }
}
