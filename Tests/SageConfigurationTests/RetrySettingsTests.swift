import Configuration
import SageResilience
import Testing

@testable import SageConfiguration

private struct Plain: Error {}

struct RetrySettingsTests {
    private static let reader = SettingReader(
        { try RetryConfiguration(reading: $0) }, logged: { try $0.retry(default: .default) })

    private static func delays(_ configuration: RetryConfiguration, _ count: Int = 3) -> [Duration] {
        delays(configuration.backoff, count)
    }

    private static func delays(_ backoff: Backoff?, _ count: Int = 3) -> [Duration] {
        (1...count).compactMap { backoff?.delay(beforeRetry: $0, random: .system) }
    }

    private static let own: [Case] = [
        Case("maxAttempts", "5", not: "0", "-1") { $0.maxAttempts == 5 },
        Case("strategy", "linear", with: ["jitter": "none"]) {
            delays($0) == [.seconds(1), .seconds(2), .seconds(3)]
        },
        Case("initialDelay", "100ms", with: ["jitter": "none"]) {
            delays($0) == [.milliseconds(100), .milliseconds(200), .milliseconds(400)]
        },
        Case("multiplier", "3", not: "0.5", "nan", with: ["jitter": "none"]) {
            delays($0) == [.seconds(1), .seconds(3), .seconds(9)]
        },
        Case("maxDelay", "1500ms", with: ["jitter": "none"]) {
            $0.backoff.maxDelay == .milliseconds(1500) && delays($0)[2] == .milliseconds(1500)
        },
        Case("jitter", "equal") { $0.backoff.jitter == .equal },
        Case("jitterFraction", "0.25", not: "1.5", with: ["jitter": "proportional"]) {
            $0.backoff.jitter == .proportional(0.25)
        },
        Case("maxServerHint", "2m") { $0.maxServerHint == .seconds(120) },
        Case("totalTimeLimit", "1h", not: "0") { $0.totalTimeLimit == .seconds(3600) },
        Case("maxUnknownRetries", "0", not: "-1") { $0.maxUnknownRetries == 0 },
        Case("idempotent", "false") { $0.idempotency == .notIdempotent },
        Case("waitsForRejections", "true") { $0.waitsForRejections },
        Case("retriesWhenNested", "true") { $0.retriesWhenNested },
        Case("classifier", "retryUnknown") { $0.classifier.classify(Plain()).errorClass != .unknown },
    ]

    private typealias Case = SettingCase<RetryConfiguration>

    private static let preset = Case("classBackoffs.preset", "standard") {
        schedule(of: "rateLimited", $0)?.maxRetries == 5
    }

    private static let classes: [Case] = [
        classCases("transient"), classCases("rateLimited"), classCases("overloaded"), classCases("timeout"),
        classCases("unknown"), classCases("connection"), classCases("notSent"),
    ].flatMap { $0 }

    private static func classCases(_ group: String) -> [Case] {
        let key = "classBackoffs.\(group)"
        let plain = ["\(key).jitter": "none"]
        let spread = ["\(key).jitter": "proportional"]
        @Sendable func delay(_ retry: RetryConfiguration, _ number: Int) -> Duration? {
            schedule(of: group, retry)?.backoff.delay(beforeRetry: number)
        }
        return [
            Case("\(key).strategy", "fixed", with: plain) { delay($0, 3) == .seconds(1) },
            Case("\(key).initialDelay", "5s", with: plain) { delay($0, 1) == .seconds(5) },
            Case("\(key).multiplier", "4", not: "0.5", with: plain) { delay($0, 2) == .seconds(4) },
            Case("\(key).maxDelay", "2s", with: plain) { delay($0, 3) == .seconds(2) },
            Case("\(key).jitter", "full") { schedule(of: group, $0)?.backoff.jitter == .full },
            Case("\(key).jitterFraction", "0.5", not: "-1", with: spread) {
                schedule(of: group, $0)?.backoff.jitter == .wide
            },
            Case("\(key).maxRetries", "7", not: "-2") { schedule(of: group, $0)?.maxRetries == 7 },
        ]
    }

    private static func schedule(of group: String, _ retry: RetryConfiguration) -> ClassBackoffs.Schedule? {
        let classification =
            switch group {
            case "transient": ErrorClassification(.transient)
            case "rateLimited": ErrorClassification(.rateLimited)
            case "overloaded": ErrorClassification(.overloaded)
            case "timeout": ErrorClassification(.timeout)
            case "connection": ErrorClassification(.permanent, isConnection: true)
            case "notSent": ErrorClassification(.permanent, isNotSent: true)
            default: ErrorClassification(.unknown)
            }
        return retry.classBackoffs?.schedule(for: classification)
    }

    private static let budget: [Case] = BudgetCases.cases(below: "budget.") { $0.budget }

    private static let all = own + [preset] + classes + budget

    @Test(arguments: all) func aKey(_ setting: SettingCase<RetryConfiguration>) throws {
        try Self.reader.verify(setting)
    }

    @Test func everyKeyIsKnownAndHasAType() throws {
        try Self.reader.verifyAll(Self.all)
    }

    @Test func absentKeysKeepTheDefault() throws {
        let retry = try RetryConfiguration(reading: Self.reader.environment([:]), default: .llm)
        #expect(retry.maxAttempts == 6)
        #expect(retry.classBackoffs?.schedule(for: ErrorClassification(.rateLimited))?.maxRetries == 5)
        #expect(retry.budget == nil)
    }

    @Test func aPartOfABackoffKeepsTheOthers() throws {
        let retry = try RetryConfiguration(reading: Self.reader.environment(["jitter": "none"]), default: .llm)
        #expect(Self.delays(retry) == [.milliseconds(100), .milliseconds(200), .milliseconds(400)])
        #expect(retry.backoff.maxDelay == .seconds(30))
    }

    @Test func aPartOfAPresetKeepsTheOthers() throws {
        let retry = try RetryConfiguration(
            reading: Self.reader.environment(["classBackoffs.rateLimited.maxRetries": "9"]), default: .llm)
        let schedule = try #require(retry.classBackoffs?.schedule(for: ErrorClassification(.rateLimited)))
        #expect(schedule.maxRetries == 9)
        #expect(schedule.backoff.maxDelay == .seconds(120))
        #expect(retry.classBackoffs?.schedule(for: ErrorClassification(.timeout))?.maxRetries == 3)
    }

    @Test func aFunctionOfTheDefaultIsKept() throws {
        let own = try RetryConfiguration(backoff: .custom { retry, _ in .seconds(retry * 7) })
        let kept = try RetryConfiguration(reading: Self.reader.environment(["maxDelay": "10s"]), default: own)
        #expect(Self.delays(kept) == [.seconds(7), .seconds(10), .seconds(10)])
    }

    @Test(arguments: [
        ("fixed", [1, 1, 1, 1]), ("linear", [1, 2, 3, 4]), ("exponential", [1, 2, 4, 8]), ("fibonacci", [1, 1, 2, 3]),
    ])
    func aStrategy(_ name: String, _ seconds: [Int]) throws {
        let retry = try RetryConfiguration(
            reading: Self.reader.environment(["strategy": name, "jitter": "none"]))
        #expect(Self.delays(retry, 4) == seconds.map { .seconds($0) })
    }

    @Test func decorrelatedDelaysStartAtTheInitialDelay() throws {
        let retry = try RetryConfiguration(
            reading: Self.reader.environment(["strategy": "decorrelated", "initialDelay": "2s"]))
        #expect(retry.backoff.delay(beforeRetry: 1, random: .constant(0)) == .seconds(2))
    }

    @Test func somethingCanBeSwitchedOff() throws {
        let usual = try RetryConfiguration(totalTimeLimit: .seconds(9), budget: RetryBudget())
        let retry = try RetryConfiguration(
            reading: Self.reader.environment(["totalTimeLimit": "off", "budget.enabled": "false"]), default: usual)
        #expect(retry.totalTimeLimit == nil)
        #expect(retry.budget == nil)
    }
}

/// The keys of a budget.
enum BudgetCases {
    static func cases<Value>(
        below prefix: String, _ budget: @escaping @Sendable (Value) -> RetryBudget?
    ) -> [SettingCase<Value>] {
        let tokens = ["\(prefix)form": "tokens"]
        let deposits = ["\(prefix)form": "deposits"]
        return [
            SettingCase("\(prefix)enabled", "true") { budget($0)?.form == .share(ratio: 0.2, floor: 3) },
            SettingCase("\(prefix)form", "tokens") { budget($0)?.form == .tokens(maximum: 10, ratio: 0.1) },
            SettingCase("\(prefix)ratio", "0.5", not: "1.5") { budget($0)?.form == .share(ratio: 0.5, floor: 3) },
            SettingCase("\(prefix)floor", "7", not: "-1") { budget($0)?.form == .share(ratio: 0.2, floor: 7) },
            SettingCase("\(prefix)maximum", "50", not: "0", with: tokens) {
                budget($0)?.form == .tokens(maximum: 50, ratio: 0.1)
            },
            SettingCase("\(prefix)timeToLive", "20s", not: "61s", with: deposits) {
                budget($0)?.form == .deposits(ratio: 0.2, timeToLive: .seconds(20), minRetriesPerSecond: 10)
            },
            SettingCase("\(prefix)minRetriesPerSecond", "5", not: "-1", with: deposits) {
                budget($0)?.form == .deposits(ratio: 0.2, timeToLive: .seconds(10), minRetriesPerSecond: 5)
            },
        ]
    }
}

struct BudgetSettingsTests {
    private static let reader = SettingReader(
        { try RetryBudget.reading($0) },
        logged: { try $0.budgetSettings(default: .share(ratio: 0.2, floor: 3)) })
    private static let cases: [SettingCase<RetryBudget?>] = BudgetCases.cases(below: "") { $0 }

    @Test(arguments: cases) func aKey(_ setting: SettingCase<RetryBudget?>) throws {
        try Self.reader.verify(setting)
    }

    @Test func everyKeyIsKnownAndHasAType() throws {
        try Self.reader.verifyAll(Self.cases)
    }

    @Test func withoutKeysThereIsTheDefaultBudget() throws {
        let budget = try RetryBudget.reading(Self.reader.environment([:]), default: .tokens(maximum: 4, ratio: 0.5))
        #expect(budget?.form == .tokens(maximum: 4, ratio: 0.5))
    }
}
