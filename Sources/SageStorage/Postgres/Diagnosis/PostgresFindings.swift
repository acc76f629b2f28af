/// What a database says about itself.
struct PostgresFindings: Sendable, Hashable {
    /// The oldest server that everything works with: trusted extensions came with it.
    static let oldestVersion = 130_000
    /// The first pgvector with HNSW.
    static let oldestVector = [0, 5, 0]

    var version: Int
    var versionText: String
    var isReadOnly: Bool
    var mayCreate: Bool
    /// The version of pgvector that the server has; nil is none.
    var availableVector: String?
    /// The version that the database has; nil is none.
    var installedVector: String?
    var mayInstall: Bool

    static func read(_ session: any SQLSession) throws(StorageError) -> PostgresFindings {
        let row = try session.fetchRow(
            """
            SELECT current_setting('server_version_num')::integer, current_setting('server_version'),
                pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean,
                coalesce(has_schema_privilege(current_schema(), 'CREATE'), false),
                (SELECT default_version FROM pg_available_extensions WHERE name = 'vector'),
                (SELECT extversion FROM pg_extension WHERE extname = 'vector'),
                (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
                    OR has_database_privilege(current_database(), 'CREATE') AND coalesce(
                        (SELECT bool_or((to_jsonb(v) ->> 'trusted')::boolean) FROM pg_available_extension_versions v
                        WHERE name = 'vector'), false)
            """)
        return PostgresFindings(
            version: Int(row?[0].integer ?? 0), versionText: row?[1].text ?? "", isReadOnly: row?[2] == 1,
            mayCreate: row?[3] == 1, availableVector: row?[4].text, installedVector: row?[5].text,
            mayInstall: row?[6] == 1)
    }
}

extension PostgresDiagnosis {
    mutating func record(_ findings: PostgresFindings, _ configuration: PostgresConfiguration) {
        let remedy = PostgresRemedy(configuration: configuration, serverVersion: findings.version)
        if findings.version >= PostgresFindings.oldestVersion {
            passed(.version, "PostgreSQL \(findings.versionText)")
        } else {
            failed(.version, "PostgreSQL \(findings.versionText)", "Upgrade the server to PostgreSQL 13 or later")
        }
        if findings.isReadOnly {
            let failure = PostgresFailure(sqlState: "25006", message: "")
            failed(.privilege, "the server cannot be written", remedy.remedy(for: failure))
        } else if findings.mayCreate {
            passed(.privilege, "tables can be created")
        } else {
            let failure = PostgresFailure(sqlState: "42501", message: "")
            failed(.privilege, "the user may not create tables", remedy.remedy(for: failure))
        }
        recordVector(findings, remedy)
    }

    private mutating func recordVector(_ findings: PostgresFindings, _ remedy: PostgresRemedy) {
        guard let available = findings.installedVector ?? findings.availableVector else {
            failed(.vectorAvailable, "the server has no pgvector", remedy.package)
            return
        }
        passed(.vectorAvailable, "pgvector \(available)")
        guard let installed = findings.installedVector else {
            if findings.mayInstall {
                passed(.vectorInstalled, "not yet, but the user may install it")
            } else {
                failed(
                    .vectorInstalled, "pgvector is not installed in the database, and the user may not", remedy.install)
            }
            return
        }
        let parts = installed.split(separator: ".").compactMap { Int($0) }
        if parts.lexicographicallyPrecedes(PostgresFindings.oldestVector) {
            failed(
                .vectorInstalled, "pgvector \(installed) has no HNSW", "As a superuser: ALTER EXTENSION vector UPDATE")
        } else {
            passed(.vectorInstalled, "pgvector \(installed)")
        }
    }
}
