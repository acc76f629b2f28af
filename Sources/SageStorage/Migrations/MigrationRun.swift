/// The steps of applying migrations, each within a transaction of its caller.
struct MigrationRun: Sendable {
    struct Applied {
        let version: Int
        let title: String
        let checksum: Int64
    }

    let migrations: Migrations
    let store: String

    /// A number of its own among the advisory locks of PostgreSQL, "sage" as bytes.
    private static let lock: Int64 = 0x7361_6765

    /// The report when there is nothing to apply, nil otherwise.
    func reportIfCurrent(_ session: any SQLSession) throws -> Migrations.Report? {
        let applied = try applied(session)
        try check(applied, session.dialect)
        return applied.count == migrations.version ? report(from: applied.count) : nil
    }

    /// Applies what is missing.
    func apply(_ session: any SQLSession, now: Int64) throws -> Migrations.Report {
        // In SQLite a transaction that writes has the file to itself from its beginning.
        if session.dialect == .postgres {
            _ = try session.fetch("SELECT pg_advisory_xact_lock($1)", [.integer(Self.lock)])
        }
        try session.executeScript(
            """
            CREATE TABLE IF NOT EXISTS sage_schema (
                component TEXT NOT NULL,
                version BIGINT NOT NULL,
                title TEXT NOT NULL,
                checksum BIGINT NOT NULL,
                applied_at BIGINT NOT NULL,
                PRIMARY KEY (component, version)
            )
            """)
        let applied = try applied(session)
        try check(applied, session.dialect)
        for (index, step) in migrations.steps.enumerated().dropFirst(applied.count) {
            try step.run(session)
            try session.execute(
                "INSERT INTO sage_schema (component, version, title, checksum, applied_at) VALUES ($1, $2, $3, $4, $5)",
                [
                    .text(migrations.component), .integer(Int64(index + 1)), .text(step.title),
                    .integer(step.checksum(session.dialect)), .integer(now),
                ])
        }
        return report(from: applied.count)
    }

    /// What has been applied, in the order of the versions; nothing when there is no table yet.
    func applied(_ session: any SQLSession) throws -> [Applied] {
        let exists =
            switch session.dialect {
            case .sqlite: "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'sage_schema'"
            case .postgres: "SELECT 1 FROM pg_catalog.pg_class WHERE oid = to_regclass('sage_schema')"
            }
        guard try session.fetchRow(exists) != nil else { return [] }
        return try session.fetch(
            "SELECT version, title, checksum FROM sage_schema WHERE component = $1 ORDER BY version",
            [.text(migrations.component)]
        ).map { row in
            Applied(
                version: Int(row[0].integer ?? 0), title: row[1].text ?? "", checksum: row[2].integer ?? 0)
        }
    }

    private func check(_ applied: [Applied], _ dialect: SQLDialect) throws(StorageError) {
        let found = applied.last?.version ?? 0
        guard found <= migrations.version else {
            throw StorageError(
                .newerSchema, store: store,
                "the schema of \(migrations.component) has version \(found), "
                    + "this program knows up to version \(migrations.version)",
                remedy: "Start the later version of the program, or restore a backup from before its first start",
                isNotDone: true)
        }
        for (index, row) in applied.enumerated() {
            guard row.version == index + 1 else {
                throw damaged("version \(index + 1) of \(migrations.component) is missing from sage_schema")
            }
            guard row.checksum == migrations.steps[index].checksum(dialect) else {
                throw damaged(
                    "version \(row.version) of \(migrations.component) (\(row.title)) is not what was applied: "
                        + "the step has been edited since")
            }
        }
    }

    private func damaged(_ message: String) -> StorageError {
        StorageError(
            .corrupt, store: store, message,
            remedy: "Use the program that made the database; a released step must not change, add a further one",
            isNotDone: true)
    }

    private func report(from version: Int) -> Migrations.Report {
        Migrations.Report(
            component: migrations.component, from: version, to: migrations.version,
            applied: migrations.steps.dropFirst(version).map(\.title))
    }
}
