import Configuration
import SageResilience
import Testing

@testable import SageConfiguration

private struct Plain: Error {}

struct RateLimiterSettingsTests {
    private typealias Case = SettingCase<RateLimiterConfiguration>

    private static let reader = SettingReader(
        { try RateLimiterConfiguration(reading: $0, default: .openAI) }, logged: { try $0.rateLimiter(default: nil) })

    private static let all: [Case] = [
        Case("requestsPerMinute", "500", not: "0") { $0.algorithm == .slidingWindow(limit: 500, per: .seconds(60)) },
        Case("tokensPerMinute", "60000", not: "0") {
            $0.algorithm == .tokenBucket(capacity: 60_000, refillInterval: .milliseconds(1))
                && $0.maxWait == .seconds(5)
        },
        Case("limit", "10", not: "0") { $0.algorithm == .slidingWindow(limit: 10, per: .seconds(60)) },
        Case("algorithm", "tokenBucket", with: ["limit": "60"]) {
            $0.algorithm == .tokenBucket(capacity: 60, refillInterval: .seconds(1))
        },
        Case("per", "1s", not: "0", with: ["limit": "10"]) {
            $0.algorithm == .slidingWindow(limit: 10, per: .seconds(1))
        },
        Case("burst", "5", not: "0", with: ["limit": "60"]) {
            $0.algorithm == .tokenBucket(capacity: 5, refillInterval: .seconds(1))
        },
        Case("maxWait", "0") { $0.maxWait == .zero },
        Case("maxQueued", "7", not: "-1") { $0.maxQueued == 7 },
        Case("maxServerHint", "2m") { $0.maxServerHint == .seconds(120) },
        Case("classifier", "retryUnknown") { $0.classifier.classify(Plain()).errorClass != .unknown },
    ]

    @Test(arguments: all) func aKey(_ setting: SettingCase<RateLimiterConfiguration>) throws {
        try Self.reader.verify(setting)
    }

    @Test func everyKeyIsKnownAndHasAType() throws {
        try Self.reader.verifyAll(Self.all)
    }

    @Test func tokensWaitForAMinuteByDefault() throws {
        let limiter = try RateLimiterConfiguration(reading: Self.reader.environment(["tokensPerMinute": "100"]))
        #expect(limiter.maxWait == .seconds(60))
    }

    @Test func aLimitMustBeThere() throws {
        let error = #expect(throws: ConfigurationError.self) {
            try RateLimiterConfiguration(reading: Self.reader.environment(["maxWait": "1s"]))
        }
        #expect(error?.field == "app.limit")
        #expect(error?.value == "missing")
    }

    @Test func twoLimitsAreOneTooMany() throws {
        let error = #expect(throws: ConfigurationError.self) {
            try RateLimiterConfiguration(
                reading: Self.reader.environment(["requestsPerMinute": "1", "tokensPerMinute": "2"]))
        }
        #expect(error?.field == "app.requestsPerMinute")
        #expect(error?.allowed.contains("tokensPerMinute") == true)
    }

    @Test(
        arguments: [
            (["limit": "10"], .slidingWindow(limit: 10, per: .seconds(1))),
            (["per": "2s"], .slidingWindow(limit: 5, per: .seconds(2))),
            (["burst": "9"], .tokenBucket(capacity: 9, refillInterval: .milliseconds(200))),
            (["requestsPerMinute": "30"], .slidingWindow(limit: 30, per: .seconds(60))),
        ] as [([String: String], RateLimiterConfiguration.Algorithm)])
    func whatIsAbsentIsThatOfAWindow(_ values: [String: String], _ expected: RateLimiterConfiguration.Algorithm) throws
    {
        let limiter = try RateLimiterConfiguration(
            reading: Self.reader.environment(values),
            default: RateLimiterConfiguration(.slidingWindow(limit: 5, per: .seconds(1))))
        #expect(limiter.algorithm == expected)
    }

    @Test(
        arguments: [
            (["burst": "9"], .tokenBucket(capacity: 9, refillInterval: .milliseconds(7))),
            (["per": "6s"], .tokenBucket(capacity: 3, refillInterval: .seconds(2))),
            (["algorithm": "slidingWindow"], .slidingWindow(limit: 3, per: .milliseconds(21))),
        ] as [([String: String], RateLimiterConfiguration.Algorithm)])
    func whatIsAbsentIsThatOfABucket(_ values: [String: String], _ expected: RateLimiterConfiguration.Algorithm) throws
    {
        let limiter = try RateLimiterConfiguration(
            reading: Self.reader.environment(values),
            default: RateLimiterConfiguration(.tokenBucket(capacity: 3, refillInterval: .milliseconds(7))))
        #expect(limiter.algorithm == expected)
    }

    @Test func aBucketOfTheDefaultIsKept() throws {
        let bucket = try RateLimiterConfiguration(.tokenBucket(capacity: 3, refillInterval: .milliseconds(7)))
        let limiter = try RateLimiterConfiguration(
            reading: Self.reader.environment(["maxQueued": "1"]), default: bucket)
        #expect(limiter.algorithm == bucket.algorithm)
        #expect(limiter.maxQueued == 1)
    }
}

struct BulkheadSettingsTests {
    private typealias Case = SettingCase<BulkheadConfiguration>

    private static let usual = try? BulkheadConfiguration(limit: 9)
    private static let reader = SettingReader(
        { try BulkheadConfiguration(reading: $0, default: usual) }, logged: { try $0.bulkhead(default: nil) })

    private static let all: [Case] = [
        Case("maxConcurrent", "64", not: "0") { $0.limit == 64 },
        Case("maxQueued", "7", not: "-1") { $0.maxQueued == 7 && $0.limit == 9 },
        Case("maxWait", "100ms") { $0.maxWait == .milliseconds(100) },
        Case("ageing", "3s") { $0.ageing == .seconds(3) },
    ]

    @Test(arguments: all) func aKey(_ setting: SettingCase<BulkheadConfiguration>) throws {
        try Self.reader.verify(setting)
    }

    @Test func everyKeyIsKnownAndHasAType() throws {
        try Self.reader.verifyAll(Self.all)
    }

    @Test func theLimitMustBeThere() throws {
        let error = #expect(throws: ConfigurationError.self) {
            try BulkheadConfiguration(reading: Self.reader.environment([:]))
        }
        #expect(error?.description == "app.maxConcurrent is missing; allowed is 1 to 1000000")
    }
}

struct AdaptiveLimiterSettingsTests {
    private typealias Case = SettingCase<AdaptiveLimiterConfiguration>

    private static let reader = SettingReader(
        { try AdaptiveLimiterConfiguration(reading: $0) },
        logged: { try $0.adaptiveLimiter(default: AdaptiveLimiterConfiguration()) })

    private static func gradient(
        _ configuration: AdaptiveLimiterConfiguration
    ) -> AdaptiveLimiterConfiguration.Gradient? {
        if case .gradient(let gradient) = configuration.algorithm { gradient } else { nil }
    }

    private static let rule = ["algorithm": "gradient"]
    private static let all: [Case] = [
        Case("algorithm", "gradient") { gradient($0) == .default },
        Case("backoffRatio", "0.5", not: "1") { $0.algorithm == .aimd(backoffRatio: 0.5) },
        Case("gradient.tolerance", "2", not: "0.5", with: rule) { gradient($0)?.tolerance == 2 },
        Case("gradient.smoothing", "0.5", not: "0", with: rule) { gradient($0)?.smoothing == 0.5 },
        Case("gradient.queueSize", "8", not: "-1", with: rule) { gradient($0)?.queueSize == 8 },
        Case("gradient.longWindow", "100", not: "0", with: rule) { gradient($0)?.longWindow == 100 },
        Case("gradient.relearnInterval", "off", not: "0", with: rule) {
            gradient($0)?.relearnInterval == .none && gradient($0) != nil
        },
        Case("initialLimit", "30", not: "0", "201") { $0.initialLimit == 30 },
        Case("minLimit", "5", not: "0") { $0.minLimit == 5 },
        Case("maxLimit", "50", not: "0", "30001") { $0.maxLimit == 50 },
        Case("window", "20", not: "0") { $0.window == 20 },
        Case("partitions", "live=0.7,batch=0.3", not: "live=0.7,live=0.2", "live=0", "live=0.9,batch=0.9") {
            $0.partitions == ["live": 0.7, "batch": 0.3]
        },
        Case("classifier", "retryUnknown") { $0.classifier.classify(Plain()).errorClass != .unknown },
    ]

    @Test(arguments: all) func aKey(_ setting: SettingCase<AdaptiveLimiterConfiguration>) throws {
        try Self.reader.verify(setting)
    }

    @Test func everyKeyIsKnownAndHasAType() throws {
        try Self.reader.verifyAll(Self.all)
    }
}

struct AdaptiveRateLimiterSettingsTests {
    private typealias Case = SettingCase<AdaptiveRateLimiterConfiguration>

    private static let reader = SettingReader(
        { try AdaptiveRateLimiterConfiguration(reading: $0) }, logged: { try $0.adaptiveRateLimiter(default: .default) }
    )

    private static let all: [Case] = [
        Case("beta", "0.5", not: "1") { $0.beta == 0.5 },
        Case("scale", "1", not: "0") { $0.scale == 1 },
        Case("smoothing", "0.5", not: "0") { $0.smoothing == 0.5 },
        Case("minimumRate", "2", not: "0") { $0.minimumRate == 2 },
        Case("maxWait", "1s") { $0.maxWait == .seconds(1) },
        Case("maxQueued", "7", not: "-1") { $0.maxQueued == 7 },
        Case("maxServerHint", "0") { $0.maxServerHint == .zero },
        Case("classifier", "retryUnknown") { $0.classifier.classify(Plain()).errorClass != .unknown },
    ]

    @Test(arguments: all) func aKey(_ setting: SettingCase<AdaptiveRateLimiterConfiguration>) throws {
        try Self.reader.verify(setting)
    }

    @Test func everyKeyIsKnownAndHasAType() throws {
        try Self.reader.verifyAll(Self.all)
    }
}

struct ClientThrottleSettingsTests {
    private typealias Case = SettingCase<ClientThrottleConfiguration>

    private static let reader = SettingReader(
        { try ClientThrottleConfiguration(reading: $0) }, logged: { try $0.clientThrottle(default: .default) })

    private static let all: [Case] = [
        Case("acceptsMultiplier", "1.5", not: "0.5") { $0.acceptsMultiplier == 1.5 },
        Case("maxRejectionProbability", "0.5", not: "1.5") { $0.maxRejectionProbability == 0.5 },
        Case("window", "1m", not: "0", "2d") { $0.window == .seconds(60) },
        Case("windowBuckets", "6", not: "0") { $0.buckets == 6 },
        Case("minimumRequests", "0", not: "-1") { $0.minimumRequests == 0 },
        Case("countsPendingCalls", "false") { !$0.countsPendingCalls },
        Case("honorsPriority", "false") { !$0.honorsPriority },
        Case("classifier", "retryUnknown") { $0.classifier.classify(Plain()).errorClass != .unknown },
    ]

    @Test(arguments: all) func aKey(_ setting: SettingCase<ClientThrottleConfiguration>) throws {
        try Self.reader.verify(setting)
    }

    @Test func everyKeyIsKnownAndHasAType() throws {
        try Self.reader.verifyAll(Self.all)
    }
}
