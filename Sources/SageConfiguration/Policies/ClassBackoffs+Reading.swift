public import Configuration
public import SageResilience

extension ClassBackoffs {
    /// Reads a table: `rateLimited.initialDelay`, `timeout.maxRetries` and so on, on top of a `preset`; see
    /// <doc:Settings>.
    ///
    /// - Parameters:
    ///   - config: Where to read, scoped to the table's settings.
    ///   - default: What holds for absent keys. Defaults to `ClassBackoffs.standard`.
    /// - Throws: `ConfigurationError` for a value of the wrong type or out of range, with its full key.
    public init(
        reading config: ConfigReader, default: ClassBackoffs = .standard
    ) throws(ConfigurationError) {
        self = try SettingScope(config).classBackoffs(default: `default`) ?? ClassBackoffs([:])
    }
}

extension SettingScope {
    /// The kinds of errors as they are written in keys.
    private static let groups: KeyValuePairs<String, ClassBackoffs.Group> = [
        "transient": .errorClass(.transient), "rateLimited": .errorClass(.rateLimited),
        "overloaded": .errorClass(.overloaded), "timeout": .errorClass(.timeout), "unknown": .errorClass(.unknown),
        "connection": .connection, "notSent": .notSent,
    ]

    func classBackoffs(default value: ClassBackoffs?) throws(ConfigurationError) -> ClassBackoffs? {
        let preset: ClassBackoffs?? = try word(
            "preset", default: "as in code", among: ["none": nil, "standard": ClassBackoffs.standard])
        let base = preset ?? value
        var schedules = base?.schedules ?? [:]
        var hasAny = false
        for (key, group) in Self.groups {
            let scope = scoped(key)
            let present = schedules[group]
            let backoff = try scope.backoff(default: present?.backoff ?? .default)
            let maxRetries = try scope.integer("maxRetries", default: present?.maxRetries ?? 3, "0 or more")
            guard scope.hasAny else { continue }
            hasAny = true
            schedules[group] = try scope.build { () throws(ConfigurationError) in
                try ClassBackoffs.Schedule(backoff, maxRetries: maxRetries)
            }
        }
        return hasAny ? ClassBackoffs(schedules) : base
    }
}
