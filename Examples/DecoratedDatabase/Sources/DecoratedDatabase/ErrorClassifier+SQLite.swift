import GRDB
import SageResilience

extension ErrorClassifier {
    /// What an error of SQLite means for the policies.
    ///
    /// A retry asks whether another try is useful, a circuit breaker whether the database is to blame.
    static let sqlite = ErrorClassifier {
        ErrorRule(for: DatabaseError.self) { error in
            switch error.resultCode {
            // Somebody else holds the lock; the statement was not carried out.
            case .SQLITE_BUSY, .SQLITE_LOCKED:
                ErrorClassification(.overloaded, isNotSent: true, isConnection: false)
            case .SQLITE_CANTOPEN:
                ErrorClassification(.transient, isNotSent: true)
            case .SQLITE_INTERRUPT, .SQLITE_IOERR, .SQLITE_NOMEM, .SQLITE_PROTOCOL:
                ErrorClassification(.transient)
            // The row or the statement is wrong, and is wrong again the next time.
            case .SQLITE_CONSTRAINT, .SQLITE_ERROR, .SQLITE_MISMATCH, .SQLITE_RANGE, .SQLITE_TOOBIG:
                ErrorClassification(.permanent)
            case .SQLITE_AUTH, .SQLITE_PERM, .SQLITE_READONLY:
                ErrorClassification(.authentication)
            // Left to the classifier that is asked next.
            default: nil
            }
        }
    }
}
