import Testing

@testable import SageResilience

struct CircuitBreakerConfigurationTests {
    typealias Make = @Sendable () throws -> CircuitBreakerConfiguration

    struct Refused: Sendable, CustomTestStringConvertible {
        let field: String
        let value: String
        let make: Make

        init(_ field: String, _ value: String, _ make: @escaping Make) {
            self.field = field
            self.value = value
            self.make = make
        }

        var testDescription: String { "\(field) \(value)" }
    }

    static let refused: [Refused] = [
        Refused("window", "0") { try .init(window: .calls(0)) },
        Refused("window", "-1") { try .init(window: .calls(-1)) },
        Refused("window", "1000001") { try .init(window: .calls(1_000_001)) },
        Refused("window", "0.0 seconds") { try .init(window: .time(.zero)) },
        Refused("window.buckets", "0") { try .init(window: .time(.seconds(1), buckets: 0)) },
        Refused("window.buckets", "1001") { try .init(window: .time(.seconds(1), buckets: 1_001)) },
        Refused("minimumCalls", "0") { try .init(minimumCalls: 0) },
        Refused("failureRate", "0.0") { try .init(failureRate: 0) },
        Refused("failureRate", "1.1") { try .init(failureRate: 1.1) },
        Refused("failureRate", "nan") { try .init(failureRate: .nan) },
        Refused("failureCount", "0") { try .init(failureCount: 0) },
        Refused("consecutiveFailures", "0") { try .init(consecutiveFailures: 0) },
        Refused("slowCallDuration", "-1.0 seconds") { try .init(slowCallDuration: .seconds(-1)) },
        Refused("slowCallRate", "0.0") { try .init(slowCallRate: 0) },
        Refused("slowCallRate", "inf") { try .init(slowCallRate: .infinity) },
        Refused("recoveryTimeout", "0.0 seconds") { try .init(recoveryTimeout: .zero) },
        Refused("recoveryJitter", "-0.1") { try .init(recoveryJitter: -0.1) },
        Refused("recoveryJitter", "nan") { try .init(recoveryJitter: .nan) },
        Refused("recoveryMultiplier", "0.5") { try .init(recoveryMultiplier: 0.5) },
        Refused("recoveryMultiplier", "inf") { try .init(recoveryMultiplier: .infinity) },
        Refused("recoveryMultiplier", "nan") { try .init(recoveryMultiplier: .nan) },
        Refused("maxRecoveryTimeout", "-5.0 seconds") { try .init(maxRecoveryTimeout: .seconds(-5)) },
        Refused("maxRecoveryTimeout", "0.0 seconds") { try .init(maxRecoveryTimeout: .zero) },
        Refused("stableAfter", "-1.0 seconds") { try .init(stableAfter: .seconds(-1)) },
        Refused("halfOpenMaxCalls", "0") { try .init(halfOpenMaxCalls: 0, successesToClose: 1) },
        Refused("successesToClose", "0") { try .init(successesToClose: 0) },
        Refused("halfOpenFailureRate", "0.0") { try .init(halfOpenFailureRate: 0) },
        Refused("halfOpenFailureRate", "nan") { try .init(halfOpenFailureRate: .nan) },
        Refused("halfOpenMaxWait", "0.0 seconds") { try .init(halfOpenMaxWait: .zero) },
        Refused("halfOpenMaxQueued", "-1") { try .init(halfOpenMaxQueued: -1) },
        Refused("halfOpenMaxQueued", "1000001") { try .init(halfOpenMaxQueued: 1_000_001) },
        Refused("ramp.duration", "0.0 seconds") { try .init(ramp: .init(over: .zero)) },
        Refused("ramp.initialShare", "0.0") { try .init(ramp: .init(over: .seconds(1), from: 0)) },
        Refused("ramp.initialShare", "1.5") { try .init(ramp: .init(over: .seconds(1), from: 1.5)) },
        Refused("ramp.initialShare", "nan") { try .init(ramp: .init(over: .seconds(1), from: .nan)) },
        Refused("failureRate", "nil") { try .init(failureRate: nil, adaptiveThreshold: .init()) },
        Refused("adaptiveThreshold.memory", "0") { try .init(adaptiveThreshold: .init(memory: 0)) },
        Refused("adaptiveThreshold.memory", "1000001") { try .init(adaptiveThreshold: .init(memory: 1_000_001)) },
        Refused("adaptiveThreshold.deviations", "0.5") { try .init(adaptiveThreshold: .init(deviations: 0.5)) },
        Refused("adaptiveThreshold.deviations", "inf") { try .init(adaptiveThreshold: .init(deviations: .infinity)) },
        Refused("adaptiveThreshold.deviations", "nan") { try .init(adaptiveThreshold: .init(deviations: .nan)) },
        Refused("adaptiveThreshold.floor", "0.0") { try .init(adaptiveThreshold: .init(floor: 0)) },
        Refused("adaptiveThreshold.floor", "0.6") { try .init(failureRate: 0.5, adaptiveThreshold: .init(floor: 0.6)) },
        Refused("adaptiveThreshold.floor", "nan") { try .init(adaptiveThreshold: .init(floor: .nan)) },
        Refused("rateLimitTolerance", "-1.0 seconds") { try .init(rateLimitTolerance: .seconds(-1)) },
        Refused("maxServerHint", "-1.0 seconds") { try .init(maxServerHint: .seconds(-1)) },
        Refused("successRateThreshold", "1.0") { try .init(failureThreshold: 1, successRateThreshold: 1) },
        Refused("successRateThreshold", "-0.1") { try .init(failureThreshold: 1, successRateThreshold: -0.1) },
        Refused("successRateThreshold", "nan") { try .init(failureThreshold: 1, successRateThreshold: .nan) },
        Refused("failureThreshold", "0") { try .init(failureThreshold: 0) },
        Refused("failureThreshold", "11") { try .init(failureThreshold: 11) },
        Refused("failureThreshold", "21") { try .init(failureThreshold: 21, windowSize: 20) },
        Refused("window", "0") { try .init(failureThreshold: 1, windowSize: 0) },
        Refused("failureCount", "1000001") { try .init(window: .time(.seconds(1)), failureCount: 1_000_001) },
        Refused("failureCount", "101") { try .init(failureCount: 101) },
        Refused("failureCount", "6") { try .init(window: .calls(5), failureCount: 6) },
    ]

    @Test(arguments: refused)
    func refusesByNameValueAndRange(_ refused: Refused) throws {
        let error = #expect(throws: ConfigurationError.self) { _ = try refused.make() }
        #expect(error?.field == refused.field)
        #expect(error?.value == refused.value)
        #expect(error?.allowed.isEmpty == false)
    }

    @Test func extremesAreAccepted() throws {
        _ = try CircuitBreakerConfiguration(
            window: .time(.nanoseconds(1), buckets: 1_000), minimumCalls: .max, failureRate: .leastNonzeroMagnitude,
            failureCount: 1_000_000, consecutiveFailures: .max, slowCallDuration: .zero,
            recoveryTimeout: Duration(attoseconds: .max), recoveryJitter: 1,
            recoveryMultiplier: .greatestFiniteMagnitude, halfOpenMaxCalls: 1_000_000, halfOpenFailureRate: 1,
            halfOpenMaxQueued: 1_000_000, ramp: .init(over: Duration(attoseconds: .max), from: 1))
        _ = try CircuitBreakerConfiguration(
            failureRate: 1, ramp: .init(over: .nanoseconds(1), from: .leastNonzeroMagnitude),
            adaptiveThreshold: .init(memory: 1_000_000, deviations: 100, floor: 1))
    }

    @Test func aCountOfFailuresIsAtMostTheWindow() throws {
        let error = #expect(throws: ConfigurationError.self) {
            _ = try CircuitBreakerConfiguration(window: .calls(5), failureCount: 6)
        }
        #expect(error?.allowed == "1 to 5")
        let breaker = BreakerDriver(
            try CircuitBreakerConfiguration(window: .calls(5), failureRate: nil, failureCount: 5))
        breaker.play("FFFF", at: 0)
        #expect(breaker.state == .closed)
        breaker.play("F", at: 0)
        #expect(breaker.state == .open)
    }

    @Test("a minimum above the window is the window", arguments: [(3, "FFF"), (1, "F")])
    func aMinimumAboveTheWindowIsTheWindow(size: Int, results: String) throws {
        let breaker = BreakerDriver(try CircuitBreakerConfiguration(window: .calls(size), minimumCalls: 100))
        breaker.play(String(results.dropLast()), at: 0)
        #expect(breaker.state == .closed)
        breaker.play("F", at: 0)
        #expect(breaker.state == .open)
    }

    @Test("a success rate that is exactly the threshold opens", arguments: 0..<10)
    func successRateIsOneMinusTheFailureRate(tenths: Int) throws {
        let breaker = BreakerDriver(
            try CircuitBreakerConfiguration(
                failureThreshold: 10, successRateThreshold: Double(tenths) / 10, windowSize: 10))
        breaker.play(String(repeating: "S", count: tenths + 1), at: 0)
        breaker.play(String(repeating: "F", count: 9 - tenths), at: 0)
        #expect(breaker.state == .closed)
        breaker.play(String(repeating: "S", count: tenths), at: 0)
        #expect(breaker.state == .closed)
        breaker.play(String(repeating: "F", count: 10 - tenths), at: 0)
        #expect(breaker.state == .open)
        #expect(breaker.snapshot(at: 0).failures == 10 - tenths)
    }

    @Test func countAndRateHoldTogether() throws {
        func driver() throws -> BreakerDriver {
            BreakerDriver(
                try CircuitBreakerConfiguration(
                    failureThreshold: 3, recoveryTimeout: .seconds(60), halfOpenMaxCalls: 1,
                    successRateThreshold: 0.75, windowSize: 20))
        }
        let byCount = try driver()
        byCount.play("SSSSSSS F SSSSS F SSSS", at: 0)
        #expect(byCount.state == .closed)
        byCount.play("F", at: 0)
        #expect(byCount.state == .open)
        let byRate = BreakerDriver(
            try CircuitBreakerConfiguration(minimumCalls: 4, failureRate: 0.25, failureCount: 3))
        byRate.play("SSS", at: 0)
        byRate.play("F", at: 0)
        #expect(byRate.state == .open)
    }

    @Test func theLLMPresetOpensAtFiveFailuresInTenCalls() {
        let breaker = BreakerDriver(.llm)
        breaker.play("FSFSSSS F S", at: 0)
        #expect(breaker.state == .closed)
        breaker.play("FF", at: 0)
        #expect(breaker.state == .closed, "the first failure has left the window")
        breaker.play("F", at: 0)
        #expect(breaker.state == .open)
    }

    @Test("probes have a time limit, also where none is given", arguments: [(10, 60), (60, 60), (90, 90)])
    func probesHaveATimeLimit(recoveryTimeout: Int, expected: Int) throws {
        let configuration = try CircuitBreakerConfiguration(recoveryTimeout: .seconds(recoveryTimeout))
        #expect(configuration.halfOpenMaxWait == .seconds(expected))
        #expect(CircuitBreakerConfiguration.database.halfOpenMaxWait == .seconds(60))
        #expect(CircuitBreakerConfiguration.llm.halfOpenMaxWait == .seconds(600), "an answer may take minutes")
    }

    @Test(
        "a preset reads what clients of its kind say",
        arguments: [
            (CircuitBreakerConfiguration.default, ErrorClassifier.default), (.database, .database),
            (.databaseConnection, .database), (.network, .network), (.llm, .llm),
        ])
    func presetClassifiers(preset: CircuitBreakerConfiguration, classifier: ErrorClassifier) {
        struct Described: Error, CustomStringConvertible {
            var description: String
        }
        for text in ["connection reset by peer", "deadlock detected", "HTTP 404", "prompt is too long"] {
            let error = Described(description: text)
            #expect(preset.classifier.classify(error) == classifier.classify(error))
        }
    }

    struct Preset: Sendable, CustomTestStringConvertible {
        let name: String
        let configuration: CircuitBreakerConfiguration
        let failuresInARow: Int
        let recoveryTimeout: Double
        let probes: Int

        var testDescription: String { name }
    }

    static let presets = [
        Preset(name: "default", configuration: .default, failuresInARow: 10, recoveryTimeout: 30, probes: 3),
        Preset(name: "llm", configuration: .llm, failuresInARow: 5, recoveryTimeout: 30, probes: 3),
        Preset(name: "database", configuration: .database, failuresInARow: 3, recoveryTimeout: 60, probes: 3),
        Preset(
            name: "databaseConnection", configuration: .databaseConnection, failuresInARow: 3, recoveryTimeout: 30,
            probes: 1),
        Preset(name: "network", configuration: .network, failuresInARow: 5, recoveryTimeout: 60, probes: 3),
    ]

    @Test(arguments: presets)
    func presetsOpenAndRecoverAsTheySay(_ preset: Preset) throws {
        try preset.configuration.validate()
        let breaker = BreakerDriver(preset.configuration)
        breaker.play(String(repeating: "F", count: preset.failuresInARow - 1), at: 0)
        #expect(breaker.state == .closed)
        breaker.play("F", at: 0)
        #expect(breaker.state == .open)
        #expect(breaker.snapshot(at: 0).retryAfter == .seconds(preset.recoveryTimeout))
        for probe in 1...preset.probes {
            #expect(breaker.play("S", at: preset.recoveryTimeout))
            #expect(breaker.state == (probe == preset.probes ? .closed : .halfOpen))
        }
    }
}
