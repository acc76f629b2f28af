public import SageResilience

/// Where a store is, read from one line of a configuration.
///
/// | Scheme | Store |
/// | --- | --- |
/// | `sqlite:path`, `sqlite::memory:` | ``SQLiteDatabase`` |
/// | `postgres://...`, `postgresql://...` | ``PostgresDatabase`` |
/// | `redis://...`, `rediss://...` | ``Redis`` |
///
/// ```swift
/// let database = try StorageURL("sqlite:sage.db", relativeTo: "/var/lib/sage").makeDatabase(name: "sessions")
/// ```
public enum StorageURL: Sendable {
    /// A database in a file or in memory.
    case sqlite(SQLiteConfiguration)
    /// A server of PostgreSQL.
    case postgres(PostgresConfiguration)
    /// A server of Redis, which is no SQL database.
    case redis(RedisConfiguration)

    /// Reads a URL.
    ///
    /// - Parameters:
    ///   - url: The URL.
    ///   - directory: Where relative paths of files start. Defaults to the working directory.
    ///   - field: The name of the setting, for errors. Defaults to `url`.
    /// - Throws: `ConfigurationError` that names the part of the URL, never with user or password.
    public init(_ url: String, relativeTo directory: String = ".", field: String = "url") throws(ConfigurationError) {
        do throws(ConfigurationError) {
            switch StorageText.scheme(of: url) {
            case "sqlite": self = .sqlite(try SQLiteConfiguration(url: url, relativeTo: directory))
            case "postgres", "postgresql": self = .postgres(try PostgresConfiguration(url: url))
            case "redis", "rediss": self = .redis(try RedisConfiguration(url: url))
            case nil:
                // Not shown: what has no scheme may be a password as well as a path.
                throw ConfigurationError(
                    field: "url", value: url.isEmpty ? "empty" : "without a scheme", allowed: Self.allowed)
            case let scheme?:
                throw ConfigurationError(
                    field: "url", value: "of the scheme \(StorageText.quoted(scheme))", allowed: Self.allowed)
            }
        } catch {
            // The readers call the whole `url`; a part of it is found within the setting.
            let name = error.field == "url" ? field : "\(field) (\(error.field))"
            throw field == "url" ? error : ConfigurationError(field: name, value: error.value, allowed: error.allowed)
        }
    }

    private static let allowed = "sqlite:path, postgres://host/database or redis://host"

    /// Creates the database that the URL names; nothing is opened or connected yet.
    ///
    /// - Parameters:
    ///   - name: The name that policies, metrics and errors carry.
    ///   - policies: How connecting and statements are guarded. Defaults to ``StoragePolicies/embedded`` for a file, to
    ///     ``StoragePolicies/default`` for a server.
    ///   - field: The name of the setting, for errors. Defaults to `url`.
    /// - Returns: A database that tells how well it is.
    /// - Throws: `ConfigurationError` for Redis, which is no SQL database, and for a policy out of range.
    public func makeDatabase(
        name: String, policies: StoragePolicies? = nil, field: String = "url"
    ) throws(ConfigurationError) -> any SQLDatabase & GuardedStore {
        switch self {
        case .sqlite(let configuration):
            return try SQLiteDatabase(configuration, name: name, policies: policies ?? .embedded)
        case .postgres(let configuration):
            return try PostgresDatabase(configuration, name: name, policies: policies ?? .default)
        case .redis:
            throw ConfigurationError(
                field: field, value: "a URL of Redis", allowed: "sqlite:path or postgres://host/database")
        }
    }
}
