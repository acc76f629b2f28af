import SageTesting
import Testing

@testable import SageResilience

@Suite(.timeLimit(.minutes(1)))
struct ResilienceRegistryTests {
    @Test func aNameIsOneBreakerForAllItsCallers() async throws {
        let registry = try ResilienceRegistry()
        let creations = Locked(0)
        let breakers = try await withThrowingTaskGroup(of: CircuitBreaker.self) { group in
            for _ in 0..<16 {
                group.addTask {
                    try registry.circuitBreaker("database") {
                        creations.update { $0 += 1 }
                        return try CircuitBreakerConfiguration(consecutiveFailures: 3)
                    }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(breakers.map(ObjectIdentifier.init)).count == 1)
        #expect(creations.value == 1)
        #expect(try registry.circuitBreaker("database") === breakers[0])
        #expect(try registry.circuitBreakers.find("database").configuration.consecutiveFailures == 3)
        #expect(try registry.circuitBreaker("cache") !== breakers[0])
    }

    @Test func kindsHaveNamesOfTheirOwn() throws {
        let registry = try ResilienceRegistry()
        let breaker = try registry.circuitBreaker("openai") { .llm }
        let limiter = try registry.rateLimiter("openai") { .openAI }
        let retry = try registry.retry("openai") { try RetryConfiguration(maxAttempts: 2) }
        let pipeline = try registry.pipeline("openai") { breaker }
        #expect(try registry.rateLimiter("openai") { .google } === limiter)
        #expect(try registry.retry("openai") { try RetryConfiguration(maxAttempts: 9) } === retry)
        #expect(try registry.pipeline("openai") {} === pipeline)
        let error = #expect(throws: RegistryError.self) { try registry.pipelines.find("other") }
        #expect(error?.description == "registry pipeline has no other; it has openai")
    }

    @Test func policiesHaveTheRegistrysClockAndListener() throws {
        let clock = TestClock()
        let recorder = EventRecorder()
        let registry = try ResilienceRegistry(clock: clock, random: .constant(0.5), listener: recorder)
        let breaker = try registry.circuitBreaker("b") {
            try CircuitBreakerConfiguration(recoveryTimeout: .seconds(30))
        }
        try breaker.transition(to: .open)
        #expect(breaker.snapshot().retryAfter == .seconds(30))
        clock.advance(by: .seconds(10))
        #expect(breaker.snapshot().retryAfter == .seconds(20))
        #expect(recorder.events.map(\.policy) == [PolicyIdentity(.circuitBreaker, "b")])
    }

    @Test func aConfigurationThatThrowsStoresNothing() throws {
        let registry = try ResilienceRegistry()
        #expect(throws: ConfigurationError.self) {
            try registry.circuitBreaker("b") { try CircuitBreakerConfiguration(recoveryTimeout: .zero) }
        }
        #expect(throws: UnknownError.self) { try registry.pipeline("p") { throw UnknownError() } }
        #expect(registry.circuitBreakers.names.isEmpty)
        #expect(registry.pipelines.names.isEmpty)
    }

    @Test func eachKindIsBounded() throws {
        let registry = try ResilienceRegistry(capacity: 2)
        for index in 0..<3 { _ = try registry.circuitBreaker("\(index)") }
        #expect(registry.circuitBreakers.names == ["1", "2"])
        for name in registry.circuitBreakers.names { try registry.circuitBreaker(name).transition(to: .open) }
        let error = #expect(throws: RegistryError.self) { try registry.circuitBreaker("x") }
        #expect(error?.reason == .full(name: "x", capacity: 2))
        #expect(throws: ConfigurationError.self) { try ResilienceRegistry(capacity: 0) }
    }

    @Test func aSnapshotShowsEverything() throws {
        let registry = try ResilienceRegistry()
        try registry.circuitBreaker("a").transition(to: .forcedOpen)
        _ = try registry.circuitBreaker("b")
        _ = try registry.rateLimiter("l") { .anthropic }
        _ = try registry.retry("r") { try RetryConfiguration() }
        _ = try registry.pipeline("p") {}
        let snapshot = registry.snapshot()
        #expect(snapshot.circuitBreakers.mapValues(\.state) == ["a": .forcedOpen, "b": .closed])
        #expect(snapshot.rateLimiters["l"]?.capacity == 60)
        #expect(snapshot.retries == ["r"])
        #expect(snapshot.pipelines == ["p"])
        registry.removeAll()
        let empty = registry.snapshot()
        #expect(empty.circuitBreakers.isEmpty && empty.rateLimiters.isEmpty)
        #expect(empty.retries.isEmpty && empty.pipelines.isEmpty)
    }

    @Test func aTaskMayHaveItsOwnRegistry() async throws {
        #expect(ResilienceRegistry.current === ResilienceRegistry.shared)
        let own = try ResilienceRegistry()
        let inner = try ResilienceRegistry()
        await ResilienceRegistry.withCurrent(own) {
            #expect(ResilienceRegistry.current === own)
            async let ofChild = ResilienceRegistry.current
            #expect(await ofChild === own)
            ResilienceRegistry.withCurrent(inner) { #expect(ResilienceRegistry.current === inner) }
            #expect(ResilienceRegistry.current === own)
        }
        #expect(ResilienceRegistry.current === ResilienceRegistry.shared)
    }

    @Test func aRegistryIsInstalledOnceAndBeforeTheFirstUse() throws {
        let (first, second) = (try ResilienceRegistry(), try ResilienceRegistry())
        var installation = ResilienceRegistry.Installation.none
        let answers = [installation.install(first), installation.install(second)]
        #expect(answers == [true, false])
        let installed = installation.use()
        #expect(installed === first)
        let isLate = installation.install(second)
        #expect(!isLate)
        var unused = ResilienceRegistry.Installation.none
        let nothing = unused.use()
        #expect(nothing == nil)
    }

    @Test func theSharedRegistryCannotBeReplacedOnceItIsInUse() throws {
        let shared = ResilienceRegistry.shared
        let error = #expect(throws: RegistryError.self) { try ResilienceRegistry.install(ResilienceRegistry()) }
        #expect(error?.reason == .inUse)
        #expect(ResilienceRegistry.shared === shared)
    }
}
