public import SageResilience

/// Where a Redis server is, how to log in, and what every connection and operation is limited to; valid by
/// construction.
///
/// Printing it, dumping it or putting it into an error never shows the password. A value type.
public struct RedisConfiguration: Sendable, Hashable {
    /// Whether connections are encrypted, and how the server proves who it is.
    @nonexhaustive
    public enum TLS: Sendable, Hashable {
        /// Plain connections.
        case off
        /// The server's certificate has to be for the host, by an authority of the system or, if given, of a file in
        /// PEM format.
        case verified(authorities: String? = nil)
        /// Encrypted, but whoever answers is believed; for tests.
        case unverified
    }

    /// The name or the address of the host.
    public let host: String
    /// The port.
    public let port: Int
    /// The name of the user; nil is Redis' user `default`.
    public let user: String?
    let password: String?
    /// The number of the database.
    public let database: Int
    /// Whether connections are encrypted.
    public let tls: TLS
    /// How long making one connection may take, from the host's name to the login.
    public let connectTimeout: Duration
    /// How long an operation may take, with all waits and repetitions.
    public let commandTimeout: Duration
    /// The most connections at the same time.
    public let connections: Int
    /// The most operations that wait for a connection.
    public let maxQueued: Int
    /// After how much idleness a connection is asked whether it still works before it is used.
    public let idleCheck: Duration
    /// The name by which the server lists the connections.
    public let clientName: String
    /// The most bytes in a reply.
    public let maxReplyBytes: Int
    /// The most values in a reply, those within arrays included.
    public let maxReplyValues: Int

    /// Creates a configuration.
    ///
    /// - Parameters:
    ///   - host: The name or the address of the host. Defaults to `127.0.0.1`.
    ///   - port: The port, 1 to 65,535. Defaults to 6,379.
    ///   - user: The name of the user. Defaults to nil, which is Redis' user `default`.
    ///   - password: The password. Defaults to nil, which does not log in.
    ///   - database: The number of the database, 0 to 1,000,000. Defaults to 0.
    ///   - tls: Whether connections are encrypted. Defaults to ``TLS/off``.
    ///   - connectTimeout: How long making one connection may take, more than 0, up to a day. Defaults to 5 s.
    ///   - commandTimeout: How long an operation may take, more than 0, up to a day. It includes waiting for a
    ///     connection, making one, and all repetitions: a server that hangs holds nobody for longer. Defaults to 5 s.
    ///   - connections: The most connections at the same time, 1 to 1,000; each has a thread. Defaults to 4.
    ///   - maxQueued: The most operations that wait for a connection, 0 or more. Defaults to 1,000.
    ///   - idleCheck: After how much idleness a connection is asked whether it still works. Defaults to 30 s.
    ///   - clientName: The name by which the server lists the connections, in printable ASCII without spaces. Defaults
    ///     to `sage`.
    ///   - maxReplyBytes: The most bytes in a reply, 1,024 or more. Defaults to 64 MiB.
    ///   - maxReplyValues: The most values in a reply, 1 or more. Defaults to 1,000,000.
    /// - Throws: `ConfigurationError` for the first value that is out of range.
    public init(
        host: String = "127.0.0.1", port: Int = 6379, user: String? = nil, password: String? = nil, database: Int = 0,
        tls: TLS = .off, connectTimeout: Duration = .seconds(5), commandTimeout: Duration = .seconds(5),
        connections: Int = 4, maxQueued: Int = 1_000, idleCheck: Duration = .seconds(30), clientName: String = "sage",
        maxReplyBytes: Int = 64 << 20, maxReplyValues: Int = 1_000_000
    ) throws(ConfigurationError) {
        try Self.validate(host: host, port: port, user: user, password: password, clientName: clientName)
        try SettingRange.check("database", database, in: 0...1_000_000)
        try SettingRange.check("connectTimeout", connectTimeout, upTo: .seconds(86_400), "a day")
        try SettingRange.check("commandTimeout", commandTimeout, upTo: .seconds(86_400), "a day")
        try SettingRange.check("idleCheck", idleCheck, upTo: .seconds(86_400), "a day")
        try SettingRange.check("connections", connections, in: 1...1_000)
        try SettingRange.check("maxQueued", maxQueued, in: 0...Int.max)
        try SettingRange.check("maxReplyBytes", maxReplyBytes, in: 1_024...Int.max)
        try SettingRange.check("maxReplyValues", maxReplyValues, in: 1...Int.max)
        self.host = host
        self.port = port
        self.user = user
        self.password = password
        self.database = database
        self.tls = tls
        self.connectTimeout = connectTimeout
        self.commandTimeout = commandTimeout
        self.connections = connections
        self.maxQueued = maxQueued
        self.idleCheck = idleCheck
        self.clientName = clientName
        self.maxReplyBytes = maxReplyBytes
        self.maxReplyValues = maxReplyValues
    }

    /// Where the server is, without credentials, for example `redis://127.0.0.1:6379/0`.
    public var location: String {
        let scheme = tls == .off ? "redis" : "rediss"
        return "\(scheme)://\(host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host):\(port)/\(database)"
    }
}

extension RedisConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Where the server is, without credentials.
    public var description: String { location }
    /// Where the server is, without credentials.
    public var debugDescription: String { location }
    /// Shows where the server is and nothing else, so that a dump holds no password.
    public var customMirror: Mirror { Mirror(self, children: ["location": location], displayStyle: .struct) }
}

extension RedisConfiguration {
    private static func validate(
        host: String, port: Int, user: String?, password: String?, clientName: String
    ) throws(ConfigurationError) {
        guard !host.isEmpty, host.utf8.count <= 255, host.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) else {
            throw ConfigurationError(
                field: "host", value: StorageText.quoted(host), allowed: "a name or an address without spaces")
        }
        try SettingRange.check("port", port, in: 1...65_535)
        if let user, user.isEmpty || user.utf8.count > 1_024 {
            throw ConfigurationError(
                field: "user", value: "\(user.utf8.count) bytes long", allowed: "1 to 1,024 bytes, or none")
        }
        if user != nil, password == nil {
            throw ConfigurationError(
                field: "password", value: "missing", allowed: "a password, because a user is given")
        }
        if let password, password.utf8.count > 1 << 16 {
            throw ConfigurationError(field: "password", value: "too long", allowed: "up to 65,536 bytes")
        }
        guard clientName.utf8.count <= 128, clientName.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw ConfigurationError(
                field: "clientName", value: StorageText.quoted(clientName),
                allowed: "up to 128 printable ASCII characters without spaces")
        }
    }
}
