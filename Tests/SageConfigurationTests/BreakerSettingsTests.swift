import Configuration
import SageResilience
import Testing

@testable import SageConfiguration

struct BreakerSettingsTests {
    private typealias Case = SettingCase<CircuitBreakerConfiguration>

    private struct Plain: Error {}

    private static let reader = SettingReader(
        { try CircuitBreakerConfiguration(reading: $0) }, logged: { try $0.breaker(default: .default) })

    private static let window: [Case] = [
        Case("window", "20 calls", not: "0 calls", "0s") { $0.window == .calls(20) },
        Case("windowBuckets", "6", not: "0", with: ["window": "1m"]) { $0.window == .time(.seconds(60), buckets: 6) },
        Case("minimumCalls", "4", not: "0") { $0.minimumCalls == 4 },
        Case("failureRate", "0.25", not: "0", "1.5") { $0.failureRate == 0.25 },
        Case("failureCount", "7", not: "0", "101") { $0.failureCount == 7 },
        Case("consecutiveFailures", "5", not: "0") { $0.consecutiveFailures == 5 },
        Case("slowCall", "30s") { $0.slowCallDuration == .seconds(30) },
        Case("slowRate", "0.8", not: "0") { $0.slowCallRate == 0.8 },
    ]

    private static let recovery: [Case] = [
        Case("recoveryTimeout", "2m", not: "0") { $0.recoveryTimeout == .seconds(120) },
        Case("recoveryJitter", "0", not: "-0.5") { $0.recoveryJitter == 0 },
        Case("recoveryMultiplier", "1.5", not: "0.5") { $0.recoveryMultiplier == 1.5 },
        Case("maxRecoveryTimeout", "1h", not: "0") { $0.maxRecoveryTimeout == .seconds(3600) },
        Case("stableAfter", "0") { $0.stableAfter == .zero },
        Case("rateLimitTolerance", "5s") { $0.rateLimitTolerance == .seconds(5) },
        Case("maxServerHint", "1d") { $0.maxServerHint == .seconds(86_400) },
        Case("classifier", "retryUnknown") { $0.classifier.classify(Plain()).errorClass != .unknown },
    ]

    private static let probes: [Case] = [
        Case("halfOpenMaxCalls", "1", not: "0") { $0.halfOpenMaxCalls == 1 && $0.successesToClose == 1 },
        Case("successesToClose", "2", not: "0") { $0.successesToClose == 2 && $0.halfOpenMaxCalls == 3 },
        Case("halfOpenFailureRate", "0.5", not: "0") { $0.halfOpenFailureRate == 0.5 },
        Case("halfOpenMaxWait", "10m", not: "0") { $0.halfOpenMaxWait == .seconds(600) },
        Case("halfOpenMaxQueued", "8", not: "-1") { queued($0) == 8 },
    ]

    private static let ramp: [Case] = [
        Case("ramp.enabled", "true", with: ["ramp.duration": "10s"]) { $0.ramp != nil },
        Case("ramp.duration", "10s", not: "0") { $0.ramp == .init(over: .seconds(10), from: 0.1) },
        Case("ramp.initialShare", "0.2", not: "0", with: ["ramp.duration": "10s"]) { $0.ramp?.initialShare == 0.2 },
    ]

    private static let adaptive: [Case] = [
        Case("adaptiveThreshold.enabled", "true") { $0.adaptiveThreshold == .init() },
        Case("adaptiveThreshold.memory", "500", not: "0") { $0.adaptiveThreshold?.memory == 500 },
        Case("adaptiveThreshold.deviations", "4", not: "0.5") { $0.adaptiveThreshold?.deviations == 4 },
        Case("adaptiveThreshold.floor", "0.3", not: "0.6") { $0.adaptiveThreshold?.floor == 0.3 },
    ]

    private static let all = window + recovery + probes + ramp + adaptive

    private static func queued(_ configuration: CircuitBreakerConfiguration) -> Int { configuration.halfOpenMaxQueued }

    @Test(arguments: all) func aKey(_ setting: SettingCase<CircuitBreakerConfiguration>) throws {
        try Self.reader.verify(setting)
    }

    @Test func everyKeyIsKnownAndHasAType() throws {
        try Self.reader.verifyAll(Self.all)
    }

    @Test func aWindowOfTimeIsADuration() throws {
        let breaker = try CircuitBreakerConfiguration(reading: Self.reader.environment(["window": "30s"]))
        #expect(breaker.window == .time(.seconds(30), buckets: 10))
    }

    @Test func absentKeysKeepTheDefault() throws {
        let breaker = try CircuitBreakerConfiguration(
            reading: Self.reader.environment(["recoveryTimeout": "5s"]), default: .llm)
        #expect(breaker.window == .calls(10))
        #expect(breaker.failureCount == 5)
        #expect(breaker.halfOpenMaxWait == .seconds(600))
        #expect(breaker.recoveryTimeout == .seconds(5))
    }

    @Test(arguments: ["failureRate", "slowCall", "failureCount", "consecutiveFailures", "halfOpenFailureRate"])
    func aConditionCanBeSwitchedOff(_ key: String) throws {
        let usual = try CircuitBreakerConfiguration(
            failureRate: 0.5, failureCount: 3, consecutiveFailures: 3, slowCallDuration: .seconds(1),
            halfOpenFailureRate: 0.5)
        let breaker = try CircuitBreakerConfiguration(
            reading: Self.reader.environment([key: "off"]), default: usual)
        let isOff: Bool =
            switch key {
            case "failureRate": breaker.failureRate == nil
            case "slowCall": breaker.slowCallDuration == nil
            case "failureCount": breaker.failureCount == nil
            case "consecutiveFailures": breaker.consecutiveFailures == nil
            default: breaker.halfOpenFailureRate == nil
            }
        #expect(isOff)
    }

    @Test func whatFollowsFromAnotherFieldFollowsFromItsSetting() throws {
        let breaker = try CircuitBreakerConfiguration(reading: Self.reader.environment(["recoveryTimeout": "2m"]))
        #expect(breaker.halfOpenMaxWait == .seconds(120))
    }

    @Test func aRampNeedsADuration() throws {
        let error = #expect(throws: ConfigurationError.self) {
            try CircuitBreakerConfiguration(reading: Self.reader.environment(["ramp.initialShare": "0.5"]))
        }
        #expect(error?.field == "app.ramp.duration")
        #expect(error?.value == "missing")
    }

    @Test func aValueOfTheDefaultThatDoesNotFitIsNamedWithItsKey() throws {
        let error = #expect(throws: ConfigurationError.self) {
            try CircuitBreakerConfiguration(reading: Self.reader.environment(["window": "3 calls"]), default: .llm)
        }
        #expect(error?.description == "app.failureCount is 5; allowed is 1 to 3")
    }
}
