import SageResilience
import SageTesting
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1)))
struct RegistryTests {
    private struct Failure: Error {}

    private final class Policy: Evictable, Sendable {
        let isPinned: Mutex<Bool>
        var isEvictable: Bool { isPinned.withLock { !$0 } }

        init(isPinned: Bool = false) {
            self.isPinned = Mutex(isPinned)
        }
    }

    @Test func holdsTheLimitersOfProviders() throws {
        let limiters = try Registry<RateLimiter>("limiters")
        try limiters.register("anthropic", RateLimiter("anthropic", .anthropic))
        try limiters.register("google", RateLimiter("google", .google))
        #expect(try limiters.find("anthropic").configuration.algorithm == RateLimiterConfiguration.anthropic.algorithm)
        #expect(limiters["google"]?.name == "google")
        #expect(limiters["openai"] == nil)
        #expect(limiters.all.keys.sorted() == ["anthropic", "google"])
        let error = #expect(throws: RegistryError.self) { try limiters.find("openai") }
        #expect(error?.reason == .missing(name: "openai", known: ["anthropic", "google"], total: 2))
        #expect(error?.description == "registry limiters has no openai; it has anthropic, google")
    }

    @Test func aMissingNameListsABoundedNumberOfNames() throws {
        let registry = try Registry<Int>()
        for index in 100..<150 { try registry.register("\(index)", index) }
        let error = #expect(throws: RegistryError.self) { try registry.find("x") }
        #expect(
            error?.reason == .missing(name: "x", known: (100..<120).map { "\($0)" }, total: 50))
        #expect(error?.description.hasSuffix("119 and 30 more") == true)
    }

    @Test func racingCallersCreateAPolicyOnce() async throws {
        let registry = try Registry<Policy>()
        let creations = Counter()
        for round in 0..<50 {
            let policies = try await withThrowingTaskGroup(of: Policy.self) { group in
                for _ in 0..<16 {
                    group.addTask {
                        try registry.policy(named: "\(round)") {
                            creations.increment()
                            return Policy()
                        }
                    }
                }
                return try await group.reduce(into: [Policy]()) { $0.append($1) }
            }
            #expect(Set(policies.map(ObjectIdentifier.init)).count == 1)
            #expect(creations.value == round + 1)
        }
    }

    @Test func aFailedCreationStoresNothingAndKeepsNoPlace() async throws {
        let registry = try Registry<Policy>(capacity: 1)
        for _ in 1...3 {
            #expect(throws: Failure.self) { try registry.policy(named: "a") { throw Failure() } }
        }
        #expect(registry.count == 0)
        _ = try registry.policy(named: "b") { Policy() }
        #expect(registry.all.keys.sorted() == ["b"])
    }

    @Test func aCreationMayUseTheRegistryForOtherNames() throws {
        let registry = try Registry<Int>()
        let sum = try registry.policy(named: "outer") {
            try registry.register("other", 1)
            return try registry.policy(named: "inner") { 41 } + (registry["other"] ?? 0)
        }
        #expect(sum == 42)
        #expect(registry.count == 3)
    }

    @Test func aPolicyRegisteredDuringItsCreationTakesPrecedence() throws {
        let registry = try Registry<Int>(capacity: 1)
        let policy = try registry.policy(named: "a") {
            try registry.register("a", 1)
            return 2
        }
        #expect(policy == 1)
        #expect(registry.all == ["a": 1])
    }

    @Test func evictsTheLeastRecentlyUsed() throws {
        let recorder = EventRecorder()
        let registry = try Registry<Int>("r", capacity: 3, listener: recorder)
        for (index, name) in ["a", "b", "c"].enumerated() { try registry.register(name, index) }
        _ = registry["a"]
        _ = registry.all
        try registry.register("d", 3)
        _ = try registry.find("c")
        _ = try registry.policy(named: "e") { 4 }
        #expect(registry.all.keys.sorted() == ["c", "d", "e"])
        let evicted = recorder.kinds.compactMap { kind in
            if case .registryEvicted(let entry) = kind { entry } else { nil }
        }
        #expect(evicted == ["b", "a"])
    }

    @Test func neverEvictsWhatRefuses() throws {
        let registry = try Registry<Policy>("r", capacity: 2)
        let open = Policy(isPinned: true)
        try registry.register("open", open)
        try registry.register("idle", Policy())
        _ = try registry.policy(named: "new") { Policy(isPinned: true) }
        #expect(registry.all.keys.sorted() == ["new", "open"])
        let error = #expect(throws: RegistryError.self) {
            try registry.policy(named: "x") {
                Issue.record("created without a place")
                return Policy()
            }
        }
        #expect(error?.reason == .full(name: "x", capacity: 2))
        #expect(throws: RegistryError.self) { try registry.register("x", Policy()) }
        open.isPinned.withLock { $0 = false }
        try registry.register("x", Policy())
        #expect(registry.all.keys.sorted() == ["new", "x"])
    }

    @Test func replacingAndRemovingNeedNoEviction() throws {
        let registry = try Registry<Int>(capacity: 1)
        try registry.register("a", 1)
        try registry.register("a", 2)
        #expect(registry["a"] == 2)
        #expect(registry.remove("a") == 2)
        #expect(registry.remove("a") == nil)
        #expect(registry.count == 0)
    }

    @Test func staysWithinItsBoundUnderARace() async throws {
        let registry = try Registry<Int>(capacity: 8)
        await withTaskGroup(of: Void.self) { group in
            for seed in 0..<8 as Range<UInt64> {
                group.addTask {
                    var generator = SeededGenerator(seed: seed)
                    for _ in 0..<300 {
                        let key = Int.random(in: 0..<32, using: &generator)
                        let value = try? registry.policy(named: "\(key)") { key }
                        #expect(value == key)
                        #expect(registry.count <= 8)
                    }
                }
            }
        }
    }

    @Test(arguments: [0, -1])
    func aCapacityOutOfRangeIsRefused(capacity: Int) {
        let error = #expect(throws: ConfigurationError.self) { try Registry<Int>(capacity: capacity) }
        #expect(error?.field == "capacity")
    }
}

private final class Counter: Sendable {
    private let count = Mutex(0)
    var value: Int { count.withLock { $0 } }
    func increment() { count.withLock { $0 += 1 } }
}
