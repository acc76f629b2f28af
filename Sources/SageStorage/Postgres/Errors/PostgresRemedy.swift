/// What mends a failure: a command or a sentence.
struct PostgresRemedy {
    let configuration: PostgresConfiguration
    /// The server's version in libpq's form, for example 160014; nil when it is not known.
    var serverVersion: Int?

    /// - Returns: Nil when nothing can be said that the message does not.
    func remedy(for failure: PostgresFailure) -> String? {
        switch failure.problem {
        case .serviceDown: serviceDown
        case .unreachable: unreachable
        case .hostUnknown:
            "Correct the name, or see why it does not resolve: getent hosts \(configuration.host)"
        case .authentication: authentication(failure)
        case .tls: tls(failure)
        case .databaseMissing:
            "Create it: createdb \(login) \(Self.quoted(configuration.database)); or correct the name in the URL"
        case .extensionMissing: failure.sqlState == "42704" ? install : package
        case .privilege: privilege(failure)
        case .starting: "Wait until the server is up, or see its log: journalctl -u postgresql"
        case .tooManyConnections:
            "Raise max_connections of the server, or lower pool_size, which is \(configuration.limits.poolSize)"
        case .full: "Free space on the server's disk: df -h"
        case .readOnly:
            "Connect to the primary, not to a standby; or see why default_transaction_read_only is on"
        case .corrupt: "Restore a backup; see the server's log: journalctl -u postgresql"
        case .foreign,
            .other where failure.sqlState == nil:
            "Check that \(configuration.address) is a PostgreSQL server: psql \(login) -c 'SELECT version()'"
        default: nil
        }
    }

    /// That an extension is not installed on the server.
    var package: String {
        let major = serverVersion.map { "\($0 / 10_000)" } ?? "VERSION"
        return "Install pgvector on the server: apt-get install postgresql-\(major)-pgvector; then: \(createExtension)"
    }

    /// That an extension is not installed in the database.
    var install: String { "As a superuser: \(createExtension)" }

    private var createExtension: String {
        "psql \(superuserLogin) -c 'CREATE EXTENSION vector'"
    }

    private var isLocal: Bool {
        ["127.0.0.1", "::1", "localhost"].contains(configuration.host) || configuration.host.hasPrefix("/")
    }

    private var serviceDown: String {
        let correct = "or correct the address \(configuration.address)"
        return isLocal
            ? "Start the server: systemctl start postgresql; \(correct)"
            : "Start the server on \(configuration.host): systemctl start postgresql, with listen_addresses set; \(correct)"
    }

    private var unreachable: String {
        "Check that no firewall blocks the port: nc -vz \(configuration.host) \(configuration.port)"
    }

    private func authentication(_ failure: PostgresFailure) -> String {
        let user = Self.quoted(configuration.user)
        if failure.message.contains("no encryption") || failure.message.contains("SSL off") {
            return "The server wants TLS: add sslmode=require to the URL; or allow plain connections in pg_hba.conf"
        }
        if failure.message.contains("pg_hba.conf") {
            return
                "Add a line for this host, user and database to the server's pg_hba.conf, then: SELECT pg_reload_conf()"
        }
        if failure.message.contains("does not exist") { return "Create the user: createuser --pwprompt \(user)" }
        if configuration.password == nil {
            return "Give a password in the URL: postgres://\(configuration.user):PASSWORD@..."
        }
        return "Correct the password in the URL; to set another one, as a superuser: psql -c '\\password \(user)'"
    }

    private func tls(_ failure: PostgresFailure) -> String {
        if failure.message.contains("does not support SSL") {
            return "Turn TLS on in the server (ssl = on); or, on a network that you trust, sslmode=disable"
        }
        if failure.message.contains("root certificate file") {
            return "Name the file of the authority that signed the server's certificate: sslrootcert=/path/ca.crt"
        }
        if failure.message.contains("does not match host name") {
            return "Use a name that the certificate is for; or sslmode=verify-ca, which does not ask for it"
        }
        return "Check sslmode and sslrootcert: openssl s_client -starttls postgres -connect \(configuration.address)"
    }

    private func privilege(_ failure: PostgresFailure) -> String {
        if failure.message.contains("extension") { return install }
        return "Grant it, as a superuser: GRANT ALL ON SCHEMA public TO \(Self.quoted(configuration.user))"
    }

    private var login: String {
        "-h \(configuration.host) -p \(configuration.port) -U \(Self.quoted(configuration.user))"
    }

    private var superuserLogin: String {
        "-h \(configuration.host) -p \(configuration.port) -U postgres -d \(Self.quoted(configuration.database))"
    }

    /// A name as a shell takes it.
    private static func quoted(_ name: String) -> String {
        let isPlain = name.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) || $0 == 0x5f
                || $0 == 0x2d || $0 == 0x2e
        }
        return isPlain
            ? name : "'" + name.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
