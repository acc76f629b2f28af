import Configuration
import SageResilience

/// Reads the settings below one key, and says of a wrong one its full key, its value and what is allowed.
struct SettingScope {
    private let stored: StoredValues
    private let log: SettingLog
    /// The keys between the scope that the caller gave and this one.
    private let path: [String]

    /// Creates a scope of what a reader holds at present.
    ///
    /// - Parameters:
    ///   - reader: The reader; a value that is reloaded meanwhile is not seen, so that settings fit together.
    ///   - log: Keeps what is read.
    init(_ reader: ConfigReader, log: SettingLog = SettingLog()) {
        self.stored = StoredValues(reader.snapshot())
        self.log = log
        self.path = []
    }

    private init(_ parent: SettingScope, _ key: String) {
        self.stored = parent.stored
        self.log = parent.log
        self.path = parent.path + [key]
    }

    /// The settings below a key.
    func scoped(_ key: String) -> SettingScope { SettingScope(self, key) }

    /// Whether any key that has been read in this scope was there.
    var hasAny: Bool { log.hasAny(below: path.isEmpty ? "" : path.joined(separator: ".") + ".") }

    /// Whether any of these keys has been read and was there.
    func hasAny(of keys: [String]) -> Bool { keys.contains { log.has(relative($0)) } }

    private func relative(_ key: String) -> String { (path + [key]).joined(separator: ".") }
    private func configKey(_ key: String) -> ConfigKey { ConfigKey(path + [key]) }

    /// An error about a key.
    ///
    /// - Parameters:
    ///   - key: The key in this scope.
    ///   - value: What to say when there is no value; nil says that it is missing.
    ///   - allowed: What is allowed.
    func refusal(_ key: String, _ value: String? = nil, allowed: String) -> ConfigurationError {
        ConfigurationError(
            field: stored.fullKey(configKey(key)).components.joined(separator: "."),
            value: stored.value(configKey(key))?.text ?? value ?? "missing", allowed: allowed)
    }

    /// An error about the scope itself, in which nothing is set.
    func refusal(allowed: String) -> ConfigurationError {
        let key = (stored.prefix.components + path).joined(separator: ".")
        return ConfigurationError(field: key.isEmpty ? "settings" : key, value: "missing", allowed: allowed)
    }

    /// Builds a configuration, whose errors get the keys of this scope.
    ///
    /// - Parameters:
    ///   - keys: The keys of fields that are named otherwise in the code.
    ///   - build: Builds it.
    func build<Value>(
        _ keys: [String: String] = [:], _ build: () throws(ConfigurationError) -> Value
    ) throws(ConfigurationError) -> Value {
        do {
            return try build()
        } catch {
            throw refusal(keys[error.field] ?? error.field, error.value, allowed: error.allowed)
        }
    }

    /// Reads one key.
    ///
    /// - Parameters:
    ///   - key: The key in this scope.
    ///   - type: What kind of value it has, for people.
    ///   - text: What holds when it is absent, for people.
    ///   - allowed: Which values are allowed, for people.
    ///   - get: Reads it as the type that is written usually; nil refuses the value.
    ///   - convert: Takes a value of another type; nil refuses it.
    /// - Returns: The value; nil if the key is absent.
    func read<Value>(
        _ key: String, type: String, default text: String, allowed: String,
        _ get: (ConfigSnapshotReader, ConfigKey) throws -> Value?,
        orConvert convert: (ConfigContent) -> Value? = { _ in nil }
    ) throws(ConfigurationError) -> Value? {
        let setting = Setting(key: relative(key), type: type, default: text, allowed: allowed)
        log.ask(setting)
        if let value = try? get(stored.reader, configKey(key)) {
            log.found(relative(key))
            return value
        }
        guard let found = stored.value(configKey(key)) else { return nil }
        log.found(relative(key))
        if let value = convert(found.content) { return value }
        throw refusal(key, allowed: setting.phrase)
    }
}
