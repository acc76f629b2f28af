import Configuration
import SageResilience
import Testing

@testable import SageConfiguration

/// A key with a value that holds, and values that are refused.
struct SettingCase<Value>: Sendable, CustomTestStringConvertible {
    let key: String
    /// The value as an environment variable has it.
    let text: String
    /// Values out of range.
    let refused: [String]
    /// Other settings that the key needs.
    let others: [String: String]
    let holds: @Sendable (Value) -> Bool

    init(
        _ key: String, _ text: String, not refused: String..., with others: [String: String] = [:],
        _ holds: @escaping @Sendable (Value) -> Bool
    ) {
        self.key = key
        self.text = text
        self.refused = refused
        self.others = others
        self.holds = holds
    }

    var testDescription: String { key }
}

/// How a value is read from a scope.
struct SettingReader<Value>: Sendable {
    /// The form without a log, which users call.
    let read: @Sendable (ConfigReader) throws -> Value
    /// The settings that are asked for.
    let settings: [Setting]

    init(
        _ read: @escaping @Sendable (ConfigReader) throws -> Value, logged: (SettingScope) throws -> some Any
    ) {
        self.read = read
        let log = SettingLog()
        _ = try? logged(SettingScope(ConfigReader(provider: InMemoryProvider(values: [:])), log: log))
        self.settings = log.settings
    }

    func setting(_ key: String) throws -> Setting { try #require(settings.first { $0.key == key }) }

    /// A reader of environment variables.
    func environment(_ values: [String: String]) -> ConfigReader {
        let variables = Dictionary(uniqueKeysWithValues: values.map { (Self.variable("app.\($0.key)"), $0.value) })
        return ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: variables))
            .scoped(to: "app")
    }

    /// A reader of values in memory, each of the type that its key has.
    func memory(_ values: [String: String], isSecret: Bool = false) throws -> ConfigReader {
        var contents: [AbsoluteConfigKey: ConfigValue] = [:]
        for (key, text) in values {
            contents[AbsoluteConfigKey(["app"] + key.split(separator: ".").map(String.init))] = ConfigValue(
                Self.content(text, try setting(key).type), isSecret: isSecret)
        }
        return ConfigReader(provider: InMemoryProvider(values: contents)).scoped(to: "app")
    }

    private static func content(_ text: String, _ type: String) -> ConfigContent {
        if type.hasPrefix("whole number") { return Int(text).map { .int($0) } ?? .string(text) }
        if type.hasPrefix("number") && !type.hasPrefix("number of") {
            return Double(text).map { .double($0) } ?? .string(text)
        }
        if type == "boolean" { return Bool(text).map { .bool($0) } ?? .string(text) }
        if type.hasPrefix("list") { return .stringArray(text.split(separator: ",").map(String.init)) }
        return .string(text)
    }

    /// The name of an environment variable, independently of the library that is tested with it.
    static func variable(_ key: String) -> String {
        key.reduce(into: "") { name, letter in
            if letter.isUppercase { name += "_" }
            name += letter == "." ? "_" : letter.uppercased()
        }
    }

    /// Checks a key in both spellings, and what is refused.
    func verify(_ setting: SettingCase<Value>) throws {
        let values = setting.others.merging([setting.key: setting.text]) { $1 }
        #expect(setting.holds(try read(environment(values))), "as an environment variable")
        #expect(setting.holds(try read(try memory(values))), "in memory")
        #expect(throws: Never.self) { _ = try self.setting(setting.key) }
        for text in setting.refused {
            let wrong = setting.others.merging([setting.key: text]) { $1 }
            let error = #expect(throws: ConfigurationError.self) { _ = try read(environment(wrong)) }
            #expect(error?.field == "app.\(setting.key)")
            #expect(error?.value == text)
            #expect(error?.allowed.isEmpty == false)
            let other = #expect(throws: ConfigurationError.self) { _ = try read(try memory(wrong)) }
            #expect(other?.field == "app.\(setting.key)")
        }
    }

    /// Checks that every key of the reader has its case, and refuses values of another type.
    ///
    /// - Parameter others: What must be set beside a key.
    func verifyAll(_ cases: [SettingCase<Value>], with others: [String: String] = [:]) throws {
        #expect(Set(settings.map(\.key)) == Set(cases.map(\.key)))
        for setting in settings {
            let name = setting.key
            let wrong = others.merging([name: "nonsense"]) { $1 }
            let error = #expect(throws: ConfigurationError.self, "\(name)") { _ = try read(environment(wrong)) }
            #expect(error?.field == "app.\(name)")
            if !setting.type.hasPrefix("list") { #expect(error?.value == "nonsense") }
            #expect(error?.allowed == setting.phrase)

            var values: [AbsoluteConfigKey: ConfigValue] = [:]
            values[AbsoluteConfigKey(["app"] + name.split(separator: ".").map(String.init))] = ConfigValue(
                .bytes([1, 2, 3]), isSecret: false)
            let config = ConfigReader(provider: InMemoryProvider(values: values)).scoped(to: "app")
            let other = #expect(throws: ConfigurationError.self, "\(name)") { _ = try read(config) }
            #expect(other?.field == "app.\(name)")
            #expect(other?.value == "3 bytes")

            let secret = #expect(throws: ConfigurationError.self) {
                _ = try read(try memory(wrong, isSecret: true))
            }
            #expect(secret?.description.contains("nonsense") == false)
        }
    }
}
