import Testing

@testable import SageStorage

struct PostgresFailureTests {
    private func remedy(_ url: String = "postgres://me:hunter2@db.example/shop") throws -> PostgresRemedy {
        PostgresRemedy(configuration: try PostgresConfiguration(url: url), serverVersion: 150_020)
    }

    static let connecting: [(String, StorageError.Problem, String?, String)] = [
        (
            "connection to server at \"127.0.0.1\", port 1 failed: Connection refused\n\tIs the server running on that host",
            .serviceDown, nil, "systemctl start postgresql"
        ),
        (
            "could not translate host name \"x\" to address: Name or service not known", .hostUnknown, nil,
            "getent hosts"
        ),
        ("db.example:5432 did not answer: timeout expired", .unreachable, nil, "nc -vz db.example 5432"),
        ("connection to server at \"10.0.0.1\" failed: No route to host", .unreachable, nil, "firewall"),
        (
            "connection to server at \"db\" (::1), port 5432 failed: FATAL:  28P01: password authentication failed for user"
                + " \"me\"\nLOCATION:  auth_failed, auth.c:326",
            .authentication, "28P01", "password"
        ),
        (
            "connection to server at \"db\", port 5432 failed: FATAL:  28000: no pg_hba.conf entry for host \"10.0.0.9\","
                + " user \"me\", database \"shop\", no encryption",
            .authentication, "28000", "sslmode=require"
        ),
        (
            "connection failed: FATAL:  28000: no pg_hba.conf entry for host \"10.0.0.9\", user \"me\", SSL encryption",
            .authentication, "28000", "pg_hba.conf"
        ),
        ("failed: FATAL:  28000: role \"me\" does not exist", .authentication, "28000", "createuser --pwprompt me"),
        (
            "failed: FATAL:  28P01: password authentication failed\nconnection to server failed: FATAL:  28000: no pg_hba.conf",
            .authentication, "28P01", "password"
        ),
        ("connection failed: fe_sendauth: no password supplied", .authentication, nil, "password"),
        (
            "failed: FATAL:  3D000: database \"shop\" does not exist", .databaseMissing, "3D000",
            "createdb -h db.example -p 5432 -U me shop"
        ),
        ("failed: FATAL:  57P03: the database system is starting up", .starting, "57P03", "Wait"),
        ("failed: FATAL:  53300: sorry, too many clients already", .tooManyConnections, "53300", "max_connections"),
        // In another language the code is the same.
        (
            "failed: FATAL:  53300: désolé, trop de clients sont déjà connectés", .tooManyConnections, "53300",
            "pool_size"
        ),
        ("connection to server failed: SSL error: certificate verify failed", .tls, nil, "sslrootcert"),
        // A port that speaks something else, such as HTTP.
        ("failed: received invalid response to SSL negotiation: H", .foreign, nil, "is a PostgreSQL server"),
        (
            "failed: expected authentication request from server, but received H", .foreign, nil,
            "is a PostgreSQL server"
        ),
        ("failed: server does not support SSL, but SSL was required", .tls, nil, "ssl = on"),
        ("root certificate file \"/nowhere/ca.crt\" does not exist\nEither provide", .tls, nil, "sslrootcert="),
        (
            "server certificate for \"other\" does not match host name \"db.example\"", .tls, nil, "verify-ca"
        ),
        (
            "connection failed: server closed the connection unexpectedly\n\tThis probably means", .connectionLost, nil,
            ""
        ),
    ]

    @Test(arguments: connecting)
    func tellsFailuresToConnectApart(
        _ text: String, _ problem: StorageError.Problem, _ code: String?, _ words: String
    ) throws {
        let error = StorageError(PostgresFailure(connecting: text), store: "test", try remedy())
        #expect(error.problem == problem)
        #expect(error.code == code)
        #expect(error.isNotDone)
        if words.isEmpty {
            #expect(error.remedy == nil)
        } else {
            #expect(error.remedy?.contains(words) == true, "\(error.remedy ?? "no remedy")")
        }
        #expect(!error.description.contains("hunter2"))
        #expect(!error.message.contains("LOCATION"))
        #expect(!error.message.contains("\n"))
    }

    static let statements: [(String, String, StorageError.Problem, String)] = [
        ("40001", "could not serialize access due to concurrent update", .serialization, ""),
        ("40P01", "deadlock detected", .serialization, ""),
        ("23505", "duplicate key value violates unique constraint \"things_pkey\"", .constraint, ""),
        ("42P01", "relation \"nowhere\" does not exist", .statement, ""),
        ("0A000", "extension \"vector\" is not available", .extensionMissing, "apt-get install postgresql-15-pgvector"),
        (
            "58P01", "could not open extension control file \"/usr/share/postgresql/15/extension/vector.control\"",
            .extensionMissing, "postgresql-15-pgvector"
        ),
        ("42704", "type \"vector\" does not exist", .extensionMissing, "CREATE EXTENSION vector"),
        ("42501", "permission denied to create extension \"vector\"", .privilege, "CREATE EXTENSION vector"),
        ("42501", "permission denied for schema public", .privilege, "GRANT"),
        ("53100", "could not extend file: No space left on device", .full, "df -h"),
        ("25006", "cannot execute INSERT in a read-only transaction", .readOnly, "primary"),
        ("57P01", "terminating connection due to administrator command", .starting, "Wait"),
        ("57014", "canceling statement due to statement timeout", .timeout, ""),
        ("55P03", "could not obtain lock on row", .busy, ""),
        ("XX001", "invalid page in block 7", .corrupt, "backup"),
        ("3D000", "database \"shop\" does not exist", .databaseMissing, "createdb"),
        ("08P01", "protocol violation", .connectionLost, ""),
        ("XX000", "something", .other, ""),
        ("zzzzz", "something", .other, ""),
    ]

    @Test(arguments: statements)
    func tellsFailuresOfStatementsApart(
        _ code: String, _ message: String, _ problem: StorageError.Problem, _ words: String
    ) throws {
        let error = StorageError(PostgresFailure(sqlState: code, message: message), store: "test", try remedy())
        #expect(error.problem == problem)
        #expect(error.message == message)
        if words.isEmpty {
            #expect(error.remedy == nil)
        } else {
            #expect(error.remedy?.contains(words) == true, "\(error.remedy ?? "no remedy")")
        }
    }

    @Test func leavesValuesOut() throws {
        let failure = PostgresFailure(
            sqlState: "22P02", message: "invalid input syntax for type bigint: \"my \"secret\" value\"")
        let error = StorageError(failure, store: "test", try remedy())
        #expect(error.message == "invalid input syntax for type bigint: \"...\"")
        #expect(error.problem == .value)
    }

    @Test func quotesNamesForTheShell() throws {
        let remedy = try remedy("postgres://it%27s%20me:x@h/a%3Bb")
        let text = remedy.remedy(for: PostgresFailure(sqlState: "3D000", message: "")) ?? ""
        #expect(text.contains("-U 'it'\\''s me' 'a;b'"))
    }
}
