public import SageResilience

extension RedisConfiguration {
    /// Reads `redis://[[user]:password@]host[:port][/database][?option=value&...]`, or `rediss://` for TLS.
    ///
    /// User, password and values are percent-encoded. The options are `connectTimeout`, `commandTimeout` and
    /// `idleCheck` (`5s`, `250ms`), `connections`, `maxQueued`, `clientName`, `maxReplyBytes`, `maxReplyValues`; with TLS
    /// also `authorities`, the path of a file in PEM format, and `verify`, which is `true` or, for tests, `false`.
    ///
    /// - Parameter url: The URL.
    /// - Throws: `ConfigurationError` that names the part of the URL, never with user or password.
    public init(url: String) throws(ConfigurationError) {
        let parts = try ServerURL(url, schemes: ["redis", "rediss"])
        // What stands alone before the '@' may be a password without its colon.
        guard parts.user == nil || parts.password != nil else {
            throw ConfigurationError(
                field: "url", value: "with a user and no password", allowed: "user:password@ or :password@")
        }
        let database = try Self.database(parts.path)
        var options = parts.options
        let isEncrypted = parts.scheme == "rediss"
        var tls = TLS.off
        if isEncrypted {
            let authorities = try options.take("authorities")
            let verify = try options.takeFlag("verify") ?? true
            if !verify, authorities != nil {
                throw ConfigurationError(
                    field: "authorities", value: authorities ?? "", allowed: "nothing, because verify is false")
            }
            tls = verify ? .verified(authorities: authorities) : .unverified
        }
        let connectTimeout = try options.takeDuration("connectTimeout") ?? .seconds(5)
        let commandTimeout = try options.takeDuration("commandTimeout") ?? .seconds(5)
        let idleCheck = try options.takeDuration("idleCheck") ?? .seconds(30)
        let connections = try options.takeNumber("connections") ?? 4
        let maxQueued = try options.takeNumber("maxQueued") ?? 1_000
        let clientName = try options.take("clientName") ?? "sage"
        let maxReplyBytes = try options.takeNumber("maxReplyBytes") ?? 64 << 20
        let maxReplyValues = try options.takeNumber("maxReplyValues") ?? 1_000_000
        try options.finish(isEncrypted ? "" : "; authorities and verify with rediss://")
        try self.init(
            host: parts.host ?? "127.0.0.1", port: parts.port ?? 6379, user: parts.user, password: parts.password,
            database: database, tls: tls, connectTimeout: connectTimeout, commandTimeout: commandTimeout,
            connections: connections,
            maxQueued: maxQueued, idleCheck: idleCheck, clientName: clientName, maxReplyBytes: maxReplyBytes,
            maxReplyValues: maxReplyValues)
    }

    private static func database(_ path: Substring) throws(ConfigurationError) -> Int {
        guard !path.isEmpty else { return 0 }
        guard let number = StorageText.number(path) else {
            throw ConfigurationError(
                field: "database", value: StorageText.quoted(path), allowed: "a number, 0 or more")
        }
        return number
    }
}
