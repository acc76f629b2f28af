public import SageResilience

/// Where a PostgreSQL server is, how to log in, and what connections are limited to; valid by construction.
///
/// Printing it, dumping it or putting it into an error never shows the password. A value type.
public struct PostgresConfiguration: Sendable, Hashable {
    /// The name or the address of the host, or the folder of a local socket, which begins with a slash.
    public let host: String
    /// The port.
    public let port: Int
    /// The name of the user.
    public let user: String
    let password: String?
    /// The name of the database.
    public let database: String
    /// How connections are encrypted.
    public let tls: PostgresTLS
    /// The name by which the server lists the connections.
    public let applicationName: String
    /// What connections are limited to.
    public let limits: PostgresLimits
    /// How long making one connection may take; nil is the time limit of the policy for connecting.
    public let connectTimeout: Duration?

    /// Creates a configuration.
    ///
    /// - Parameters:
    ///   - host: The name or the address of the host, or the folder of a local socket, which begins with a slash.
    ///     Defaults to `127.0.0.1`.
    ///   - port: The port, 1 to 65,535. Defaults to 5,432.
    ///   - user: The name of the user, up to 63 bytes. Defaults to `postgres`.
    ///   - password: The password; nil is that of libpq's own sources, `PGPASSWORD` and `~/.pgpass`. Defaults to nil.
    ///   - database: The name of the database, up to 63 bytes; nil is the user's name. Defaults to nil.
    ///   - tls: How connections are encrypted. Defaults to encrypted if the server can.
    ///   - applicationName: The name by which the server lists the connections, up to 63 printable ASCII characters.
    ///     Defaults to `sage`.
    ///   - limits: What connections are limited to; nil are the defaults.
    ///   - connectTimeout: How long making one connection may take; nil is the time limit of the policy for connecting.
    ///     Defaults to nil.
    /// - Throws: `ConfigurationError` for the first value that is out of range.
    public init(
        host: String = "127.0.0.1", port: Int = 5432, user: String = "postgres", password: String? = nil,
        database: String? = nil, tls: PostgresTLS = PostgresTLS(), applicationName: String = "sage",
        limits: PostgresLimits? = nil, connectTimeout: Duration? = nil
    ) throws(ConfigurationError) {
        try Self.validate(host: host)
        try SettingRange.check("port", port, in: 1...65_535)
        try Self.validate(name: user, "user")
        try Self.validate(name: database ?? user, "database")
        if let password, password.isEmpty || password.utf8.count > 1 << 16 || password.utf8.contains(0) {
            throw ConfigurationError(
                field: "password", value: "empty, too long or with NUL", allowed: "1 to 65,536 bytes without NUL")
        }
        try Self.validate(tls)
        guard applicationName.utf8.count <= 63, applicationName.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) else {
            throw ConfigurationError(
                field: "applicationName", value: StorageText.quoted(applicationName),
                allowed: "up to 63 printable ASCII characters")
        }
        if let connectTimeout {
            try SettingRange.check("connectTimeout", connectTimeout, upTo: .seconds(31_536_000), "a year")
        }
        self.host = host
        self.port = port
        self.user = user
        self.password = password
        self.database = database ?? user
        self.tls = tls
        self.applicationName = applicationName
        if let limits { self.limits = limits } else { self.limits = try PostgresLimits() }
        self.connectTimeout = connectTimeout
    }

    /// Where the server is, without credentials, for example `postgres://127.0.0.1:5432/sage`.
    public var location: String {
        "postgres://\(address)/\(StorageText.encoded(database))"
    }

    /// Host and port as a URL writes them.
    var address: String {
        if host.utf8.first == UInt8(ascii: "/") { return "\(StorageText.encoded(host)):\(port)" }
        return "\(host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host):\(port)"
    }
}

extension PostgresConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Where the server is, without credentials.
    public var description: String { location }
    /// Where the server is, without credentials.
    public var debugDescription: String { location }
    /// Shows where the server is and nothing else, so that a dump holds no password.
    public var customMirror: Mirror { Mirror(self, children: ["location": location], displayStyle: .struct) }
}

extension PostgresConfiguration {
    private static func validate(host: String) throws(ConfigurationError) {
        guard !host.isEmpty, host.utf8.count <= 255, !host.utf8.contains(UInt8(ascii: ",")),
            host.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f })
        else {
            throw ConfigurationError(
                field: "host", value: StorageText.quoted(host),
                allowed: "one name, address or folder of a socket, without spaces")
        }
    }

    private static func validate(name: String, _ field: String) throws(ConfigurationError) {
        // What is longer the server would cut off, and so mean another user or database.
        guard (1...63).contains(name.utf8.count), !name.utf8.contains(0) else {
            throw ConfigurationError(
                field: field, value: StorageText.quoted(name), allowed: "1 to 63 bytes without NUL")
        }
    }

    private static func validate(_ tls: PostgresTLS) throws(ConfigurationError) {
        for (field, path) in [
            ("sslrootcert", tls.rootCertificate), ("sslcert", tls.certificate), ("sslkey", tls.key),
        ] {
            guard let path else { continue }
            guard !path.isEmpty, path.utf8.count <= 4_096, !path.utf8.contains(0) else {
                throw ConfigurationError(
                    field: field, value: StorageText.quoted(path), allowed: "a path of up to 4,096 bytes")
            }
        }
    }
}
