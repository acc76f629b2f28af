import SageMacros
import SageTesting
import Testing

/// Functions with arguments of all kinds.
let spentBudget = try? RetryBudget(ratio: 0, floor: 0)

actor Client {
    static let wrong = -1
    static let noName = ""
    static let pipeline = InTaskResiliencePipeline("shared") {}

    private(set) var calls = 0

    private func fail(_ error: any Error) throws {
        calls += 1
        throw error
    }

    @Retry(maxAttempts: 3, initialDelay: .zero, budget: spentBudget)
    func spent() async throws { try fail(Outage()) }

    @Retry
    func defaults() async throws { try fail(Mystery()) }

    @Retry(maxAttempts: 4, initialDelay: .zero, retryOn: [Mystery.self])
    func retryOnMystery(_ error: any Error) async throws { try fail(error) }

    @Retry(.network.with(classifier: .retryUnknown))
    func preset() async throws { try fail(Mystery()) }

    @Retry(maxAttempts: 4, initialDelay: .seconds(1), maxDelay: .seconds(2), jitter: .none, strategy: .linear)
    func linear() async throws { try fail(Outage()) }

    @CircuitBreaker("counted", failureThreshold: 1, countedErrors: [Mystery.self])
    func countingMystery(_ error: any Error) async throws { try fail(error) }

    @CircuitBreaker("shared", failureThreshold: 20, recoveryTimeout: .seconds(5))
    func first() async throws { try fail(Outage()) }

    @CircuitBreaker("shared")
    func second() async throws { try fail(Outage()) }

    @CircuitBreaker(.llm)
    func own() async throws { try fail(Outage()) }

    @RateLimited("known")
    @Bulkhead("known")
    func registered() async throws -> Int { 1 }

    @RateLimited(.openAI)
    @Bulkhead("made", BulkheadConfiguration(limit: 3))
    func made() async throws -> Int { 1 }

    @Retry(maxAttempts: Client.wrong)
    func wrongNumber() async throws {}

    @CircuitBreaker(Client.noName)
    func emptyName() async throws {}

    @Resilient("missing")
    func missing() async throws {}

    @Resilient(Client.pipeline)
    func through() async throws -> Int { 5 }

    @Fallback(returning: "cached")
    @Retry(maxAttempts: 1)
    func general(_ error: any Error) async throws -> String {
        try fail(error)
        return ""
    }
}

struct ArgumentTests {
    @Test func anErrorThatSaysNothingIsTriedAgainOnce() async throws {
        let clock = TestClock()
        let registry = try ResilienceRegistry(clock: clock, random: .scripted([0.5]))
        let client = Client()
        let call = Task { try await ResilienceRegistry.withCurrent(registry) { try await client.defaults() } }
        // Full jitter of the first second.
        await clock.waitForTimer(due: .milliseconds(500))
        clock.advance(by: .milliseconds(500))
        await #expect(throws: Mystery()) { try await call.value }
        #expect(await client.calls == 2)
    }

    @Test(arguments: [(Mystery() as any Error, 4), (Outage(), 1)])
    func retryOnTakesTheNamedTypesAndNoOther(error: any Error, calls: Int) async throws {
        try await withRegistry { (_) async throws in
            let client = Client()
            await #expect(throws: (any Error).self) { try await client.retryOnMystery(error) }
            #expect(await client.calls == calls)
        }
    }

    @Test func aBudgetThatIsSpentAllowsNoRetry() async throws {
        try await withRegistry { (_) async throws in
            let client = Client()
            await #expect(throws: Outage()) { try await client.spent() }
            #expect(await client.calls == 1)
        }
    }

    @Test func aPresetMayBeChanged() async throws {
        try await withRegistry { (_) async throws in
            let client = Client()
            await #expect(throws: Mystery()) { try await client.preset() }
            #expect(await client.calls == 4)
        }
    }

    @Test func delaysFollowTheStrategyInTheRegistrysTime() async throws {
        let clock = TestClock()
        let recorder = EventRecorder()
        let registry = try ResilienceRegistry(clock: clock, listener: recorder)
        let client = Client()
        let call = Task { try await ResilienceRegistry.withCurrent(registry) { try await client.linear() } }
        for delay in [Duration.seconds(1), .seconds(2), .seconds(2)] {
            await clock.waitForTimer(due: delay)
            clock.advance(by: delay)
        }
        await #expect(throws: Outage()) { try await call.value }
        #expect(recorder.events.allSatisfy { $0.policy == PolicyIdentity(.retry, "Client.linear()") })
        #expect(!recorder.events.isEmpty)
    }

    @Test(arguments: [(Mystery() as any Error, CircuitBreaker.State.open), (Outage(), .closed)])
    func onlyCountedErrorsOpenTheBreaker(error: any Error, state: CircuitBreaker.State) async throws {
        try await withRegistry { (registry) async throws in
            await #expect(throws: (any Error).self) { try await Client().countingMystery(error) }
            #expect(registry.circuitBreakers["counted"]?.state == state)
        }
    }

    @Test func functionsThatWriteTheSameNameShareTheBreakerOfTheFirstCall() async throws {
        try await withRegistry { (registry) async throws in
            let client = Client()
            await #expect(throws: Outage()) { try await client.first() }
            await #expect(throws: Outage()) { try await client.second() }
            #expect(registry.circuitBreakers.names == ["shared"])
            let breaker = try registry.circuitBreakers.find("shared")
            #expect(breaker.configuration.failureCount == 20)
            #expect(breaker.snapshot().failures == 2)
        }
    }

    @Test func aRegisteredBreakerIsUsed() async throws {
        try await withRegistry { (registry) async throws in
            let breaker = CircuitBreaker(
                "shared", try CircuitBreakerConfiguration(failureThreshold: 1), clock: TestClock())
            try registry.circuitBreakers.register("shared", breaker)
            await #expect(throws: Outage()) { try await Client().first() }
            #expect(breaker.state == .open)
        }
    }

    @Test func aBreakerWithoutANameBelongsToItsFunction() async throws {
        try await withRegistry { (registry) async throws in
            for _ in 1...5 { await #expect(throws: Outage()) { try await Client().own() } }
            await #expect(throws: CircuitBreakerError.self) { try await Client().own() }
            #expect(registry.circuitBreakers.names.isEmpty)
        }
    }

    @Test func anotherRegistryKnowsNothingOfIt() async throws {
        for _ in 1...2 {
            try await withRegistry { (_) async throws in
                for _ in 1...5 { await #expect(throws: Outage()) { try await Client().own() } }
            }
        }
    }

    @Test func removeAllForgetsThePipelinesOfFunctions() async throws {
        try await withRegistry { (registry) async throws in
            for _ in 1...5 { await #expect(throws: Outage()) { try await Client().own() } }
            registry.removeAll()
            #expect(registry.decoratedFunctions.isEmpty)
            await #expect(throws: Outage()) { try await Client().own() }
        }
    }

    @Test func aLimiterMustExistWhereOnlyItsNameIsWritten() async throws {
        try await withRegistry { (registry) async throws in
            let client = Client()
            _ = try registry.rateLimiter("other") { .openAI }
            let error = await #expect(throws: RegistryError.self) { try await client.registered() }
            #expect(error?.reason == .missing(name: "known", known: ["other"], total: 1))
            _ = try registry.rateLimiter("known") { .openAI }
            _ = try registry.bulkhead("known") { try BulkheadConfiguration(limit: 1) }
            #expect(try await client.registered() == 1)
            #expect(try await client.made() == 1)
            #expect(registry.bulkheads["made"]?.configuration.limit == 3)
        }
    }

    @Test func aMissingPipelineSaysWhichExist() async throws {
        try await withRegistry { (registry) async throws in
            try registry.pipelines.register("search", ResiliencePipeline("search") {})
            let error = await #expect(throws: RegistryError.self) { try await Client().missing() }
            #expect(error?.description.hasSuffix("has no missing; it has search") == true)
            try registry.inTaskPipelines.register("missing", InTaskResiliencePipeline("missing") {})
            try await Client().missing()
            #expect(try await Client().through() == 5)
        }
    }

    @Test func aWrongNumberIsReportedByTheCall() async throws {
        try await withRegistry { (registry) async throws in
            let error = await #expect(throws: ConfigurationError.self) { try await Client().wrongNumber() }
            #expect(error?.description == "maxAttempts is -1; allowed is 1 or more")
            let name = await #expect(throws: ConfigurationError.self) { try await Client().emptyName() }
            #expect(name?.field == "name")
            #expect(registry.decoratedFunctions.isEmpty)
        }
    }

    @Test func aFallbackIsForTheErrorsThatAnAlternativeCanMend() async throws {
        try await withRegistry { (_) async throws in
            #expect(try await Client().general(Outage()) == "cached")
            await #expect(throws: Wrong.self) { try await Client().general(Wrong()) }
        }
    }

    private struct Wrong: ClassifiedError {
        var classification: ErrorClassification { ErrorClassification(.permanent) }
    }
}
