import Configuration
import SageResilience
import Testing

@testable import SageConfiguration

struct ReadingTests {
    private func error(_ value: ConfigValue, _ key: String = "maxAttempts") -> ConfigurationError? {
        let config = ConfigReader(provider: InMemoryProvider(values: [AbsoluteConfigKey(["a", "b", key]): value]))
        return #expect(throws: ConfigurationError.self) {
            try RetryConfiguration(reading: config.scoped(to: "a").scoped(to: "b"))
        }
    }

    @Test func anErrorNamesTheFullKeyTheValueAndWhatIsAllowed() {
        let refusal = error(ConfigValue("three", isSecret: false))
        #expect(refusal?.description == "a.b.maxAttempts is three; allowed is a whole number: 1 or more")
    }

    @Test(arguments: [
        ("jitter", "none, full, equal, proportional"), ("idempotent", "true or false"),
        ("maxDelay", "a duration such as 30s, 100ms or 2m: 0 or more"),
        ("totalTimeLimit", "a duration such as 30s, 100ms or 2m: 1ns or more, or off"),
    ])
    func whatIsAllowedReadsAsASentence(_ key: String, _ allowed: String) {
        #expect(error(ConfigValue("perhaps", isSecret: false), key)?.allowed == allowed)
    }

    @Test(arguments: [
        (ConfigContent.double(1.5), "1.5"), (.bool(true), "true"), (.stringArray(["a", "b"]), "a,b"),
        (.intArray([1, 2]), "[1, 2]"), (.doubleArray([1.5]), "[1.5]"), (.boolArray([true]), "[true]"),
        (.bytes([1]), "1 bytes"), (.byteChunkArray([[1], [2]]), "2 pieces of bytes"), (.string(""), "an empty text"),
        (.string(String(repeating: "x", count: 65)), "a text of 65 characters"),
        (.string("a\nb"), "a text of 3 characters"),
    ])
    func aValueOfAnyTypeIsShown(_ content: ConfigContent, _ text: String) {
        #expect(error(ConfigValue(content, isSecret: false))?.value == text)
    }

    @Test(arguments: [ConfigContent.string("hunter2"), .int(0), .stringArray(["hunter2"]), .double(-77.5)])
    func aSecretIsNeverShown(_ content: ConfigContent) {
        let refusal = error(ConfigValue(content, isSecret: true))
        #expect(refusal?.value == "a value that is not shown")
        #expect(refusal?.field == "a.b.maxAttempts")
    }

    @Test func aSecretOfTheEnvironmentIsNeverShown() throws {
        let config = ConfigReader(
            provider: EnvironmentVariablesProvider(
                environmentVariables: ["RETRY_MAX_ATTEMPTS": "hunter2"], secretsSpecifier: .all))
        let error = #expect(throws: ConfigurationError.self) {
            try RetryConfiguration(reading: config.scoped(to: "retry"))
        }
        #expect(error?.description.contains("hunter2") == false)
    }

    @Test func theFirstProviderWithAValueDecides() throws {
        let config = ConfigReader(providers: [
            EnvironmentVariablesProvider(environmentVariables: ["RETRY_MAX_ATTEMPTS": "7"]),
            InMemoryProvider(values: ["retry.maxAttempts": 3, "retry.maxUnknownRetries": 5]),
        ])
        let retry = try RetryConfiguration(reading: config.scoped(to: "retry"))
        #expect(retry.maxAttempts == 7)
        #expect(retry.maxUnknownRetries == 5)
    }

    @Test func aWholeNumberIsANumberAndZeroADuration() throws {
        let config = ConfigReader(
            provider: InMemoryProvider(values: ["multiplier": 3, "maxServerHint": 0, "initialDelay": 0]))
        let retry = try RetryConfiguration(reading: config)
        #expect(retry.maxServerHint == .zero)
        #expect(retry.backoff.delay(beforeRetry: 5) == .zero)
    }
}
