import Configuration
import SageResilience
import Testing

@testable import SageConfiguration

struct PipelineSettingsTests {
    private static let reader = SettingReader(
        { try ResiliencePipeline("openai", reading: $0) },
        logged: { try $0.pipeline("openai", clock: ContinuousClock(), listener: nil) })

    private func pipeline(_ values: [String: String]) throws -> ResiliencePipeline {
        try ResiliencePipeline("openai", reading: Self.reader.environment(values))
    }

    /// The policies in a description, outermost first.
    private func policies(_ pipeline: ResiliencePipeline) -> [String] {
        pipeline.describe().split(separator: "\n").dropFirst().dropLast().compactMap { line in
            line.split(separator: "└─ ").last?.split(separator: ":").first.map(String.init)
        }
    }

    private static let everything = [
        "fallback.kinds": "general", "deadline": "60s", "retry.maxAttempts": "4", "clientThrottle.window": "60s",
        "breaker.window": "10 calls", "breaker.minimumCalls": "5", "adaptiveRateLimiter.beta": "0.5",
        "rateLimiter.requestsPerMinute": "500", "adaptiveLimiter.maxLimit": "100", "bulkhead.maxConcurrent": "64",
        "hedge.delay": "p95", "attemptTimeout": "20s",
    ]

    @Test func policiesHaveTheRightOrderWhateverTheOrderOfTheKeys() throws {
        let pipeline = try pipeline(Self.everything)
        #expect(pipeline.warnings.isEmpty)
        #expect(
            policies(pipeline) == [
                "fallback", "time limiter", "retry", "client throttle",
                "circuit breaker", "adaptive rate limiter", "rate limiter",
                "adaptive limiter", "bulkhead", "hedge", "time limiter openai-attempt",
            ])
    }

    @Test func onlyPoliciesWithSettingsAreThere() throws {
        #expect(policies(try pipeline(["breaker.window": "20 calls"])).count == 1)
        #expect(policies(try pipeline(["deadline": "5s", "retry.maxAttempts": "2"])).count == 2)
    }

    @Test func aSectionIsSwitchedOnWithItsDefaultsOrOff() throws {
        #expect(policies(try pipeline(["retry.enabled": "true", "breaker.enabled": "true"])).count == 2)
        let one = try pipeline(["retry.enabled": "true", "breaker.enabled": "false", "breaker.window": "5 calls"])
        #expect(policies(one).count == 1)
        let other = try pipeline(["bulkhead.enabled": "false", "deadline": "off", "retry.enabled": "true"])
        #expect(policies(other).count == 1)
    }

    @Test func aPresetChoosesTheDefaults() throws {
        let settings = try SettingScope(Self.reader.environment(["preset": "llm", "retry.enabled": "true"]))
            .pipeline("p", clock: ContinuousClock(), listener: nil)
        #expect(settings.retry?.maxAttempts == RetryConfiguration.llm.maxAttempts)
        #expect(settings.breaker == nil)
    }

    @Test func retryAndHedgeShareTheBudget() throws {
        let settings = try SettingScope(
            Self.reader.environment(["budget.ratio": "0.5", "retry.enabled": "true", "hedge.delay": "p99"])
        ).pipeline("p", clock: ContinuousClock(), listener: nil)
        let budget = try #require(settings.retry?.budget)
        #expect(budget.form == .share(ratio: 0.5, floor: 3))
        #expect(settings.hedge?.budget === budget)
    }

    @Test(arguments: [
        ("breaker.failureRate", "2"), ("retry.maxAttempts", "0"), ("deadline", "0"), ("attemptTimeout", "soon"),
        ("preset", "database2"), ("bulkhead.enabled", "maybe"), ("rateLimiter.limit", "x"), ("budget.ratio", "7"),
    ])
    func aWrongValueIsNamedWithItsFullKey(_ key: String, _ text: String) throws {
        let error = #expect(throws: ConfigurationError.self) { try pipeline([key: text]) }
        #expect(error?.field == "app.\(key)")
        #expect(error?.value == text)
    }

    @Test func anIncompleteSectionSaysWhatIsMissing() throws {
        let error = #expect(throws: ConfigurationError.self) { try pipeline(["bulkhead.maxWait": "1s"]) }
        #expect(error?.field == "app.bulkhead.maxConcurrent")
        let other = #expect(throws: ConfigurationError.self) { try pipeline(["rateLimiter.enabled": "true"]) }
        #expect(other?.field == "app.rateLimiter.limit")
    }

    @Test func aScopeWithoutSettingsIsAMistake() throws {
        let error = #expect(throws: ConfigurationError.self) { try pipeline([:]) }
        #expect(error?.field == "app")
        for values in [["preset": "llm"], ["budget.ratio": "0.5"]] {
            #expect(throws: ConfigurationError.self) { try pipeline(values) }
        }
        #expect(policies(try pipeline(["preset": "llm", "breaker.enabled": "false"])).isEmpty)
        let root = ConfigReader(provider: InMemoryProvider(values: [:]))
        #expect(throws: ConfigurationError.self) { try ResiliencePipeline("p", reading: root) }
    }

    @Test func aRegistryCreatesAPipelineOnceWithPoliciesOfItsOwn() throws {
        let registry = try ResilienceRegistry()
        let config = Self.reader.environment(Self.everything)
        let pipeline = try registry.pipeline("openai", reading: config)
        #expect(pipeline.warnings.isEmpty)
        #expect(try registry.pipeline("openai", reading: Self.reader.environment([:])) === pipeline)
        #expect(try registry.bulkhead("openai") { throw CancellationError() }.configuration.limit == 64)
        #expect(try registry.circuitBreakers.find("openai").name == "openai")
        #expect(try registry.timeLimiters.find("openai").limit == .seconds(60))
        #expect(try registry.timeLimiters.find("openai-attempt").limit == .seconds(20))
    }

    @Test func aCallGoesThroughThePipeline() async throws {
        let pipeline = try pipeline(["deadline": "1h", "retry.maxAttempts": "2", "bulkhead.maxConcurrent": "1"])
        #expect(try await pipeline.execute { 7 } == 7)
    }
}
