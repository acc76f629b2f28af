package import SageStorage

/// The tables of conversations.
///
/// `sage_entries` is only ever added to; rows go when their conversation goes. A conversation's row counts what its
/// entries have, so that a list reads none of them.
enum SessionSchema {
    /// Statuses of a conversation's row.
    enum Status {
        static let idle: Int64 = 0
        static let open: Int64 = 1
        static let interrupted: Int64 = 2
    }

    static let migrations = Migrations(
        "sessions",
        [
            Migration(
                "conversations",
                sqlite: text(key: "INTEGER PRIMARY KEY AUTOINCREMENT", integer: "INTEGER", bytes: "BLOB"),
                postgres: text(
                    key: "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", integer: "BIGINT", bytes: "BYTEA")),
            Migration(
                "spaces of conversations",
                sqlite: "CREATE INDEX sage_sessions_space ON sage_sessions (\(space(.sqlite)), num)",
                postgres: "CREATE INDEX sage_sessions_space ON sage_sessions (\(space(.postgres)), num)"),
        ])

    /// The space of an id as an expression, in the words of the index.
    static func space(_ dialect: SQLDialect) -> String {
        switch dialect {
        case .sqlite: "substr(id, 1, instr(id, '/'))"
        case .postgres: "left(id, strpos(id, '/'))"
        }
    }

    // The numbers of conversations are never given out again: a cursor or a handle that has outlived its conversation
    // must not mean another one.
    private static func text(key: String, integer: String, bytes: String) -> String {
        """
        CREATE TABLE sage_owners (
            id TEXT NOT NULL PRIMARY KEY,
            host TEXT NOT NULL,
            boot TEXT NOT NULL,
            process \(integer) NOT NULL,
            started \(integer) NOT NULL,
            heartbeat \(integer) NOT NULL,
            uptime \(integer) NOT NULL
        );
        CREATE TABLE sage_sessions (
            num \(key),
            id TEXT NOT NULL UNIQUE,
            created \(integer) NOT NULL,
            updated \(integer) NOT NULL,
            status \(integer) NOT NULL,
            epoch \(integer) NOT NULL,
            last_seq \(integer) NOT NULL,
            messages \(integer) NOT NULL,
            bytes \(integer) NOT NULL,
            turn TEXT,
            owner TEXT,
            claim TEXT
        );
        CREATE INDEX sage_sessions_unfinished ON sage_sessions (status, num) WHERE status <> 0;
        CREATE TABLE sage_entries (
            session \(integer) NOT NULL,
            seq \(integer) NOT NULL,
            id TEXT NOT NULL,
            kind TEXT NOT NULL,
            payload \(bytes),
            blob \(bytes),
            epoch \(integer) NOT NULL,
            created \(integer) NOT NULL,
            checksum \(integer) NOT NULL,
            PRIMARY KEY (session, seq)
        );
        CREATE UNIQUE INDEX sage_entries_id ON sage_entries (session, id);
        CREATE TABLE sage_blobs (
            hash \(bytes) NOT NULL PRIMARY KEY,
            data \(bytes) NOT NULL,
            refs \(integer) NOT NULL
        );
        CREATE TABLE sage_turn_keys (
            session \(integer) NOT NULL,
            key TEXT NOT NULL,
            fingerprint TEXT,
            turn TEXT NOT NULL,
            message_seq \(integer) NOT NULL,
            created \(integer) NOT NULL,
            ended_seq \(integer),
            PRIMARY KEY (session, key)
        );
        CREATE INDEX sage_turn_keys_created ON sage_turn_keys (created);
        CREATE TABLE sage_quarantine (
            session \(integer) NOT NULL,
            seq \(integer) NOT NULL,
            session_id TEXT NOT NULL,
            id TEXT,
            kind TEXT,
            payload \(bytes),
            checksum \(integer),
            reason TEXT NOT NULL,
            found \(integer) NOT NULL,
            PRIMARY KEY (session, seq)
        );
        """
    }
}

extension ConversationStore {
    /// The schema of the store, to examine a database without changing it.
    package static var schema: Migrations { SessionSchema.migrations }
}
