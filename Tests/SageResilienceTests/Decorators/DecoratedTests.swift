import SageResilience
import SageTesting
import Synchronization
import Testing

struct DecoratedTests {
    private let site = Decorated.Site("Store.save(_:)", in: "App/Store.swift:1:1", hash: 1)

    private func registry() throws -> ResilienceRegistry {
        try ResilienceRegistry(clock: TestClock(), random: .scripted([0]))
    }

    @Test func thePoliciesAreMadeOnceForEachRegistry() async throws {
        let made = Mutex(0)
        for _ in 1...2 {
            try await ResilienceRegistry.withCurrent(try registry()) { () async throws in
                for _ in 1...3 {
                    let result = try await Decorated.execute(site) {
                        made.withLock { $0 += 1 }
                        return [.circuitBreaker()]
                    } operation: {
                        "saved"
                    }
                    #expect(result == "saved")
                }
            }
        }
        #expect(made.withLock { $0 } == 2)
    }

    @Test func callsThatRaceToBeTheFirstShareOnePipeline() async throws {
        let registry = try registry()
        await ResilienceRegistry.withCurrent(registry) {
            await withTaskGroup(of: Void.self) { group in
                for _ in 1...50 {
                    group.addTask {
                        _ = try? await Decorated.execute(site) {
                            [try .circuitBreaker(failureThreshold: 1_000)]
                        } operation: {
                            throw Broken()
                        }
                    }
                }
            }
        }
        let function = try #require(registry.decoratedFunctions.first)
        #expect(registry.decoratedFunctions.count == 1)
        #expect(function.name == "Store.save(_:)")
        #expect(function.location == "App/Store.swift:1:1")
        #expect(function.policies.hasPrefix("Store.save(_:)\n└─ circuit breaker: "))
    }

    @Test(arguments: [0, -1]) func aTypedRetryThatCannotBeMadeRunsTheOperationOnce(attempts: Int) async throws {
        var calls = 0
        let registry = try registry()
        try await ResilienceRegistry.withCurrent(registry) { () async throws in
            let result = await Decorated.retry(site, { [try .retry(maxAttempts: attempts)] }) {
                () async throws(Never) in
                calls += 1
                return "saved"
            }
            #expect(result == "saved")
            await #expect(throws: Broken.self) {
                try await Decorated.retry(site, { [try .retry(maxAttempts: attempts)] }) { () async throws(Broken) in
                    calls += 1
                    throw Broken()
                }
            }
        }
        #expect(calls == 2)
        #expect(registry.decoratedFunctions.isEmpty)
    }

    @Test func sitesWithTheSameNumberAreToldApart() async throws {
        let other = Decorated.Site("Store.save(_:)", in: "App/Store.swift:2:1", hash: 1)
        let registry = try registry()
        try await ResilienceRegistry.withCurrent(registry) { () async throws in
            for site in [site, other] { try await Decorated.execute(site, { [.retry(.default)] }) {} }
        }
        #expect(registry.decoratedFunctions.map(\.location) == ["App/Store.swift:1:1", "App/Store.swift:2:1"])
        #expect(other.description == "Store.save(_:) in App/Store.swift:2:1")
    }

    @Test func whatCannotBeMadeIsThrownAndTriedAgain() async throws {
        let registry = try registry()
        try await ResilienceRegistry.withCurrent(registry) { () async throws in
            for attempts in [0, 1] {
                do {
                    try await Decorated.execute(site, { [try .retry(maxAttempts: attempts)] }) {}
                    #expect(attempts == 1)
                } catch let error as ConfigurationError {
                    #expect(error.field == "maxAttempts")
                }
            }
        }
        #expect(registry.decoratedFunctions.count == 1)
    }

    @Test func aDecoratorThatNeedsAChildTaskIsRefusedInTheCallersTask() async throws {
        try await ResilienceRegistry.withCurrent(try registry()) { () async throws in
            let error = await #expect(throws: ConfigurationError.self) {
                try await Decorated.execute(site, { [.timeout(.seconds(1))] }) {}
            }
            #expect(error?.description.contains("those that run in the caller's task") == true)
        }
    }

    @Test func aNamedPolicyIsNeverEvicted() async throws {
        let registry = try ResilienceRegistry(capacity: 2, clock: TestClock())
        try await ResilienceRegistry.withCurrent(registry) { [site] in
            try await Decorated.execute(site) {
                try Decorator.stack(.circuitBreaker("database"))
            } operation: {
            }
        }
        let breaker = try registry.circuitBreakers.find("database")
        for name in ["a", "b", "c"] { _ = try registry.circuitBreaker(name) }
        #expect(try registry.circuitBreaker("database") === breaker)
        #expect(registry.circuitBreakers.count == 2)
    }

    @Test func whereNothingMayBeEvictedTheRegistryIsFull() async throws {
        let registry = try ResilienceRegistry(capacity: 1, clock: TestClock())
        try await ResilienceRegistry.withCurrent(registry) { [site] in
            try await Decorated.execute(site) {
                try Decorator.stack(.circuitBreaker("database"))
            } operation: {
            }
        }
        #expect(throws: RegistryError(registryName: "circuit_breaker", reason: .full(name: "other", capacity: 1))) {
            try registry.circuitBreaker("other")
        }
        registry.removeAll()
        _ = try registry.circuitBreaker("other")
        _ = try registry.circuitBreaker("next")
    }

    @Test func anEmptyNameIsRefused() {
        let error = #expect(throws: ConfigurationError.self) {
            try Decorator.stack(.retry(.default), .circuitBreaker(""))
        }
        #expect(error?.field == "name")
    }

    @Test func aPipelineOfANameMayBeEitherKind() async throws {
        let registry = try registry()
        try registry.pipelines.register("both", ResiliencePipeline("both") { Bulkhead("outer", try .init(limit: 1)) })
        try registry.inTaskPipelines.register("inner", InTaskResiliencePipeline("inner") {})
        try await ResilienceRegistry.withCurrent(registry) { () async throws in
            #expect(try await Decorated.execute(through: "both") { 1 } == 1)
            #expect(try await Decorated.execute(through: "inner") { 2 } == 2)
            #expect(try await Decorated.execute(inTask: "inner") { 3 } == 3)
            await #expect(throws: RegistryError.self) { try await Decorated.execute(inTask: "both") { 4 } }
            await #expect(throws: RegistryError.self) { try await Decorated.execute(through: "none") { 5 } }
        }
    }

    private struct Broken: Error {}
}
