import Configuration
import SageResilience
import Testing

@testable import SageConfiguration

private struct Plain: Error {}

struct HedgeSettingsTests {
    private typealias Case = SettingCase<HedgeConfiguration>

    private static let reader = SettingReader(
        { try HedgeConfiguration(reading: $0, default: HedgeConfiguration(delay: .percentile(0.9))) },
        logged: { try $0.hedge(default: nil, budget: nil) })

    private static let all: [Case] = [
        Case("delay", "p95", not: "p100") { $0.delay == .percentile(0.95) },
        Case("window", "100", not: "0") {
            $0.delay == .percentile(share: 0.9, window: 100, minimumSamples: 20, atLeast: .milliseconds(1))
        },
        Case("minimumSamples", "50", not: "0", "257") {
            $0.delay == .percentile(share: 0.9, window: 256, minimumSamples: 50, atLeast: .milliseconds(1))
        },
        Case("minDelay", "5ms") {
            $0.delay == .percentile(share: 0.9, window: 256, minimumSamples: 20, atLeast: .milliseconds(5))
        },
        Case("maxHedges", "2", not: "0", "11") { $0.maxHedges == 2 },
        Case("maxServerHint", "1s") { $0.maxServerHint == .seconds(1) },
        Case("classifier", "retryUnknown") { $0.classifier.classify(Plain()).errorClass != .unknown },
    ]

    @Test(arguments: all) func aKey(_ setting: SettingCase<HedgeConfiguration>) throws {
        try Self.reader.verify(setting)
    }

    @Test func everyKeyIsKnownAndHasAType() throws {
        try Self.reader.verifyAll(Self.all)
    }

    @Test func aDelayCanBeFixedAndMustBeThere() throws {
        let hedge = try HedgeConfiguration(reading: Self.reader.environment(["delay": "200ms"]))
        #expect(hedge.delay == .fixed(.milliseconds(200)))
        let error = #expect(throws: ConfigurationError.self) {
            try HedgeConfiguration(reading: Self.reader.environment([:]))
        }
        #expect(error?.field == "app.delay")
    }
}

struct TimeLimiterSettingsTests {
    private typealias Case = SettingCase<TimeLimiter>

    private static let reader = SettingReader(
        { try TimeLimiter("t", reading: $0, default: .seconds(20)) },
        logged: { try $0.timeLimiter("t", default: nil, clock: ContinuousClock(), listener: nil) })

    private static let all: [Case] = [
        Case("limit", "3s", not: "0") { $0.limit == .seconds(3) },
        Case("mode", "abandoning") { $0.mode == .abandoning && $0.limit == .seconds(20) },
        Case("maxRunning", "5", not: "0", with: ["mode": "abandoning"]) { $0.mode == .abandoning(maxRunning: 5) },
    ]

    @Test(arguments: all) func aKey(_ setting: SettingCase<TimeLimiter>) throws {
        try Self.reader.verify(setting)
    }

    @Test func everyKeyIsKnownAndHasAType() throws {
        try Self.reader.verifyAll(Self.all)
    }
}

struct StreamLimitsSettingsTests {
    private typealias Case = SettingCase<StreamLimits>

    private static let reader = SettingReader(
        { try StreamLimits("s", reading: $0) },
        logged: { try $0.streamLimits("s", default: nil, clock: ContinuousClock(), listener: nil) })

    private static let all: [Case] = [
        Case("firstToken", "20s", not: "0") { $0.firstElement == .seconds(20) && $0.total == nil },
        Case("betweenTokens", "10s", not: "0") { $0.betweenElements == .seconds(10) },
        Case("total", "5m", not: "0") { $0.total == .seconds(300) },
    ]

    @Test(arguments: all) func aKey(_ setting: SettingCase<StreamLimits>) throws {
        try Self.reader.verify(setting)
    }

    @Test func everyKeyIsKnownAndHasAType() throws {
        try Self.reader.verifyAll(Self.all)
    }
}

struct FallbackSettingsTests {
    private typealias Case = SettingCase<Fallback>

    private struct Failure: ClassifiedError {
        let classification: ErrorClassification
        init(_ errorClass: ErrorClass) { classification = ErrorClassification(errorClass) }
    }

    private static let reader = SettingReader(
        { try Fallback("f", reading: $0) },
        logged: { try $0.fallback("f", default: [.general], classifier: .default, listener: nil) })

    private static let all: [Case] = [
        Case("kinds", "contextWindow,contentPolicy", not: "general,else") {
            $0.handles(Failure(.contextWindow)) && $0.handles(Failure(.contentPolicy)) && !$0.handles(Failure(.timeout))
        },
        Case("classifier", "llm") { $0.handles(Failure(.timeout)) },
    ]

    @Test(arguments: all) func aKey(_ setting: SettingCase<Fallback>) throws {
        try Self.reader.verify(setting)
    }

    @Test func everyKeyIsKnownAndHasAType() throws {
        try Self.reader.verifyAll(Self.all)
    }
}

struct SupervisorSettingsTests {
    private typealias Case = SettingCase<Supervisor>

    private static let reader = SettingReader(
        { try Supervisor("s", reading: $0) }, logged: { try $0.supervisor(default: .default) })

    private static let plain = ["backoff.jitter": "none"]
    private static let group = ["onExcess": "restartGroup"]

    private static func group(_ supervisor: Supervisor) -> RestartIntensity? {
        if case .restartGroup(let group) = supervisor.policy.onExcess { group } else { nil }
    }

    private static func delay(_ supervisor: Supervisor, _ retry: Int) -> Duration {
        supervisor.policy.backoff.delay(beforeRetry: retry)
    }

    private static let all: [Case] = [
        Case("strategy", "restForOne") { $0.strategy == .restForOne },
        Case("maxRestarts", "5", not: "-1") { $0.policy.intensity.maxRestarts == 5 },
        Case("restartWindow", "10s", not: "0") {
            $0.policy.intensity.window == .seconds(10) && $0.policy.stableAfter == .seconds(10)
        },
        Case("stableAfter", "3s") { $0.policy.stableAfter == .seconds(3) },
        Case("onExcess", "stop") { $0.policy.onExcess == .stop },
        Case("maxGroupRestarts", "2", not: "-1", with: group) { group($0)?.maxRestarts == 2 },
        Case("groupRestartWindow", "1h", not: "0", with: group) { group($0)?.window == .seconds(3600) },
        Case("shutdownGrace", "30s") { $0.shutdownGrace == .seconds(30) },
        Case("shutdownLimit", "1s") { $0.shutdownLimit == .seconds(1) },
        // What it does is seen only while the supervisor runs.
        Case("returnsWhenIdle", "true") { $0.strategy == .oneForOne },
        Case("backoff.strategy", "fixed", with: plain) { delay($0, 3) == .seconds(1) },
        Case("backoff.initialDelay", "2s", with: plain) { delay($0, 1) == .seconds(2) },
        Case("backoff.multiplier", "3", not: "0.5", with: plain) { delay($0, 2) == .seconds(3) },
        Case("backoff.maxDelay", "2s", with: plain) { delay($0, 9) == .seconds(2) },
        Case("backoff.jitter", "none") { $0.policy.backoff.jitter == .none },
        Case("backoff.jitterFraction", "0.5", not: "2", with: ["backoff.jitter": "proportional"]) {
            $0.policy.backoff.jitter == .wide
        },
    ]

    @Test(arguments: all) func aKey(_ setting: SettingCase<Supervisor>) throws {
        try Self.reader.verify(setting)
    }

    @Test func everyKeyIsKnownAndHasAType() throws {
        try Self.reader.verifyAll(Self.all)
    }

    @Test func aPolicyCanBeReadByItself() throws {
        let policy = try SupervisionPolicy(reading: Self.reader.environment(["maxRestarts": "1"]))
        #expect(policy.intensity.maxRestarts == 1)
        #expect(policy.onExcess == .escalate)
    }

    @Test func aSupervisorCanOutliveItsChildren() throws {
        let scope = SettingScope(Self.reader.environment(["returnsWhenIdle": "false"]))
        #expect(try !scope.supervisor(default: .default).returnsWhenIdle)
    }
}
