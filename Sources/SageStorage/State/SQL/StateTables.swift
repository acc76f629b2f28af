/// The tables of shared state within one transaction.
///
/// Names are kept as bytes: any string is one, and no two are taken for the same.
struct StateTables {
    let session: any SQLSession

    static let migrations = Migrations(
        "state",
        [
            Migration(
                "shared state of breakers and limits", sqlite: schema("BLOB"), postgres: schema("BYTEA")),
            Migration(
                "recoveries outlive the rounds that begin after them", sqlite: recoveries, postgres: recoveries),
        ])

    private static let recoveries = "ALTER TABLE sage_state_probes ADD COLUMN recovered_at BIGINT"

    private static func schema(_ bytes: String) -> String {
        """
        CREATE TABLE sage_state_starts (
            instance \(bytes) PRIMARY KEY, epoch BIGINT NOT NULL, kept_until BIGINT NOT NULL
        );
        CREATE TABLE sage_state_reports (
            instance \(bytes) NOT NULL, breaker \(bytes) NOT NULL, epoch BIGINT NOT NULL, sequence BIGINT NOT NULL,
            state TEXT NOT NULL, own_judgement BIGINT NOT NULL, time_in_state BIGINT NOT NULL,
            remaining BIGINT NOT NULL, failed_recoveries BIGINT NOT NULL, calls BIGINT NOT NULL,
            failures BIGINT NOT NULL, keep BIGINT NOT NULL, published BIGINT NOT NULL,
            PRIMARY KEY (instance, breaker)
        );
        CREATE TABLE sage_state_probes (
            breaker \(bytes) PRIMARY KEY, touched BIGINT NOT NULL, last_token BIGINT NOT NULL, number BIGINT NOT NULL,
            verdict TEXT NOT NULL, decided_at BIGINT, successes BIGINT NOT NULL, failures BIGINT NOT NULL,
            refused_at BIGINT, blocked_until BIGINT, used_at BIGINT NOT NULL, kept_until BIGINT NOT NULL
        );
        CREATE TABLE sage_state_leases (
            breaker \(bytes) NOT NULL, token BIGINT NOT NULL, holder \(bytes) NOT NULL, expires BIGINT NOT NULL,
            round BIGINT NOT NULL, PRIMARY KEY (breaker, token)
        );
        CREATE TABLE sage_state_accounts (
            account \(bytes) PRIMARY KEY, kind TEXT NOT NULL, touched BIGINT NOT NULL, numbers TEXT NOT NULL,
            kept_until BIGINT NOT NULL
        );
        CREATE INDEX sage_state_accounts_kept ON sage_state_accounts (kept_until)
        """
    }

    /// Lets transactions that write take turns where the database does not see to it.
    func lock() throws {
        // A number of its own among the advisory locks: "sagest" as bytes.
        if session.dialect == .postgres {
            _ = try session.fetch("SELECT pg_advisory_xact_lock($1)", [0x7361_6765_7374])
        }
    }

    /// The time by PostgreSQL's clock, which goes on within a transaction.
    func serverTime() throws -> StoreInstant {
        let time = try session.fetchValue("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")
        return StoreInstant(microseconds: time.integer ?? 0)
    }

    static func bytes(_ name: String) -> SQLValue { .blob(Array(name.utf8)) }

    static func name(_ value: SQLValue) -> String { String(decoding: value.blob ?? [], as: UTF8.self) }
}

extension SQLRow {
    /// A whole number that the schema says is there.
    func number(_ column: String) -> Int64 { self[column].integer ?? 0 }

    func instant(_ column: String) -> StoreInstant? { self[column].integer.map(StoreInstant.init) }
}
