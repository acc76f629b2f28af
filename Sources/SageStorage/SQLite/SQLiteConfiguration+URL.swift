public import SageResilience

extension SQLiteConfiguration {
    /// Reads `sqlite:path[?option=value&...]`, or `sqlite::memory:` for a database in memory.
    ///
    /// A relative path starts at a folder of the caller's choice; `sqlite:///var/lib/sage.db` is absolute, too. Path and
    /// values are percent-encoded where they hold `?`, `#`, `&` or `%`. The options are `synchronization` (`full`,
    /// `relaxed`), `readOnly` (`true`, `false`), `busyTimeout` (`5s`, `250ms`), `maxReaders`, `maxQueued`,
    /// `statementCacheSize`, `maxValueBytes` and `maxLogBytes`.
    ///
    /// - Parameters:
    ///   - url: The URL.
    ///   - directory: Where relative paths start. Defaults to the working directory.
    /// - Throws: `ConfigurationError` that names the part of the URL.
    public init(url: String, relativeTo directory: String = ".") throws(ConfigurationError) {
        let parts = try SQLiteURL(url)
        self.init(parts.isInMemory ? .memory : .file(Self.resolved(parts.path, directory)))
        var options = parts.options
        synchronization = try options.takeChoice("synchronization") ?? synchronization
        isReadOnly = try options.takeFlag("readOnly") ?? isReadOnly
        busyTimeout = try options.takeDuration("busyTimeout") ?? busyTimeout
        maxReaders = try options.takeNumber("maxReaders") ?? maxReaders
        maxQueued = try options.takeNumber("maxQueued") ?? maxQueued
        statementCacheSize = try options.takeNumber("statementCacheSize") ?? statementCacheSize
        maxValueBytes = try options.takeNumber("maxValueBytes") ?? maxValueBytes
        maxLogBytes = try options.takeNumber("maxLogBytes") ?? maxLogBytes
        try options.finish()
        try validate()
    }

    private static func resolved(_ path: String, _ directory: String) -> String {
        guard !path.hasPrefix("/") else { return path }
        var rest = Substring(path)
        while rest.hasPrefix("./") { rest = rest.dropFirst(2).drop { $0 == "/" } }
        guard !directory.isEmpty, directory != "." else { return String(rest) }
        return directory.hasSuffix("/") ? directory + rest : directory + "/" + rest
    }
}

/// The path of a URL of a SQLite database.
private struct SQLiteURL {
    let path: String
    let isInMemory: Bool
    let options: URLOptions

    init(_ url: String) throws(ConfigurationError) {
        guard url.utf8.count <= 1 << 16 else {
            throw ConfigurationError(field: "url", value: "\(url.utf8.count) bytes long", allowed: "up to 65,536 bytes")
        }
        guard StorageText.scheme(of: url) == "sqlite" else {
            throw ConfigurationError(field: "url", value: "of another scheme", allowed: "sqlite:path")
        }
        let rest = url[url.index(after: url.firstIndex(of: ":") ?? url.startIndex)...]
        guard !rest.contains("#") else {
            throw ConfigurationError(field: "url", value: "with a '#'", allowed: "a URL without; write %23 in a path")
        }
        var path = rest.prefix { $0 != "?" }
        options = try URLOptions(rest[path.endIndex...].dropFirst())
        isInMemory = path == ":memory:"
        if path.hasPrefix("//") {
            // An authority, which is empty for what is on this host.
            path = path.dropFirst(2)
            guard path.hasPrefix("/") else {
                throw ConfigurationError(
                    field: "url", value: "with a host",
                    allowed: "sqlite:relative/path, sqlite:/absolute/path or sqlite:///absolute/path")
            }
        }
        self.path = try StorageText.decoded(path, "path")
        guard !self.path.isEmpty, !self.path.hasSuffix("/") else {
            throw ConfigurationError(
                field: "path", value: self.path.isEmpty ? "empty" : StorageText.quoted(self.path),
                allowed: "the path of a file, or :memory:")
        }
    }
}
