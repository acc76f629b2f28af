public import SageResilience

extension PostgresConfiguration {
    /// Reads `postgres://[user[:password]@]host[:port][/database][?option=value&...]`, or `postgresql://`.
    ///
    /// User, password, host, database and values are percent-encoded; an IPv6 address stands in brackets, the folder of a
    /// local socket is written `%2Fvar%2Frun%2Fpostgresql`. The options are libpq's `sslmode` (`disable`, `allow`,
    /// `prefer`, `require`, `verify-ca`, `verify-full`), `sslrootcert`, `sslcert`, `sslkey`, `connect_timeout` and
    /// `application_name`, and those of the pool: `pool_size`, `pool_wait`, `pool_queue`, `pool_idle_time`,
    /// `pool_idle_check`, `pool_lifetime`, `max_row_bytes`, `max_prepared`. Times are seconds or durations (`250ms`).
    ///
    /// - Parameter url: The URL.
    /// - Throws: `ConfigurationError` that names the part of the URL, never with user or password.
    public init(url: String) throws(ConfigurationError) {
        let parts = try ServerURL(url, schemes: ["postgres", "postgresql"])
        let database = try StorageText.decoded(parts.path, "database")
        var options = parts.options
        let tls = PostgresTLS(
            try options.takeChoice("sslmode") ?? .prefer, rootCertificate: try options.take("sslrootcert"),
            certificate: try options.take("sslcert"), key: try options.take("sslkey"))
        let connectTimeout = try options.takeDuration("connect_timeout", allowsSeconds: true)
        let applicationName = try options.take("application_name") ?? "sage"
        let defaults = try PostgresLimits()
        let poolSize = try options.takeNumber("pool_size")
        let maxQueued = try options.takeNumber("pool_queue")
        let maxWait = try options.takeDuration("pool_wait", allowsSeconds: true)
        let idleTime = try options.takeDuration("pool_idle_time", allowsSeconds: true)
        let idleCheck = try options.takeDuration("pool_idle_check", allowsSeconds: true)
        let maxLifetime = try options.takeDuration("pool_lifetime", allowsSeconds: true)
        let maxRowBytes = try options.takeNumber("max_row_bytes")
        let maxPrepared = try options.takeNumber("max_prepared")
        try options.finish()
        let limits = try PostgresLimits(
            poolSize: poolSize ?? defaults.poolSize, maxQueued: maxQueued ?? defaults.maxQueued,
            maxWait: maxWait ?? defaults.maxWait, idleTime: idleTime ?? defaults.idleTime,
            idleCheck: idleCheck ?? defaults.idleCheck, maxLifetime: maxLifetime ?? defaults.maxLifetime,
            maxRowBytes: maxRowBytes ?? defaults.maxRowBytes, maxPrepared: maxPrepared ?? defaults.maxPrepared)
        try self.init(
            host: parts.host ?? "127.0.0.1", port: parts.port ?? 5432, user: parts.user ?? "postgres",
            password: parts.password.flatMap { $0.isEmpty ? nil : $0 }, database: database.isEmpty ? nil : database,
            tls: tls, applicationName: applicationName,
            limits: limits, connectTimeout: connectTimeout)
    }
}
