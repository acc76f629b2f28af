/// How much a writing transaction of PostgreSQL sees of others that run at the same time.
public enum PostgresIsolation: String, Sendable, Hashable, CaseIterable {
    /// Each statement sees what was committed before it began.
    case readCommitted = "READ COMMITTED"
    /// The transaction sees one state; a row that somebody else has changed meanwhile makes it fail and be repeated.
    case repeatableRead = "REPEATABLE READ"
    /// As if transactions ran one after the other; those that could not have are made to fail and are repeated.
    case serializable = "SERIALIZABLE"
}

/// The transactions of a database.
enum PostgresTransaction: Sendable, Hashable {
    case read
    case write(PostgresIsolation)

    var begin: String {
        switch self {
        case .read: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        case .write(let isolation): "BEGIN ISOLATION LEVEL \(isolation.rawValue) READ WRITE"
        }
    }
}
