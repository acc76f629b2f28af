public import Configuration
public import SageResilience

extension BulkheadConfiguration {
    /// Reads a configuration: `maxConcurrent`, `maxQueued`, `maxWait`, `ageing`; see <doc:Settings>.
    ///
    /// - Parameters:
    ///   - config: Where to read, scoped to the bulkhead's settings.
    ///   - default: What holds for absent keys. Defaults to nothing: `maxConcurrent` must be there.
    /// - Throws: `ConfigurationError` for a value of the wrong type or out of range, with its full key.
    public init(
        reading config: ConfigReader, default: BulkheadConfiguration? = nil
    ) throws(ConfigurationError) {
        self = try SettingScope(config).bulkhead(default: `default`)
    }
}

extension SettingScope {
    func bulkhead(default value: BulkheadConfiguration?) throws(ConfigurationError) -> BulkheadConfiguration {
        let limit = try integer("maxConcurrent", default: value?.limit, "1 to 1000000") ?? value?.limit
        let maxQueued = try maxQueued(default: value?.maxQueued ?? 1_000)
        let maxWait = try maxWait(default: value?.maxWait ?? .seconds(5))
        let ageing = try duration("ageing", default: value?.ageing ?? .seconds(1), "0 or more")
        guard let limit else { throw refusal("maxConcurrent", allowed: "1 to 1000000") }
        return try build(["limit": "maxConcurrent"]) { () throws(ConfigurationError) in
            try BulkheadConfiguration(limit: limit, maxQueued: maxQueued, maxWait: maxWait, ageing: ageing)
        }
    }
}
