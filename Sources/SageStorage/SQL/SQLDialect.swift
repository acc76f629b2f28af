/// The language that a database speaks, for the few statements that differ.
public enum SQLDialect: Sendable, Hashable {
    /// SQLite 3.
    case sqlite
    /// PostgreSQL.
    case postgres
}
